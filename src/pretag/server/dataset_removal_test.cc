#include "pretag/server/dataset_removal.h"

#include <gtest/gtest.h>

#include <future>
#include <mutex>

#include "pretag/server/many_samples.h"

namespace pretag {
namespace {

using nlohmann::json;

class DatasetRemoval : public ::testing::Test {
 protected:
  // A dataset with more rows than are removed at once.
  std::string large_dataset() {
    const std::string id = server.new_dataset();
    const auto file = [](int i) { return fmt::format("{}.png", i); };
    const auto objects = [](int) { return json::array({{{"taskName", "found"}, {"categoryId", 2}, {"score", 0.9}}}); };
    add_many_samples(server, id, kSamples, file);
    add_many_predictions(server, id, kSamples, objects);
    return id;
  }

  int64_t rows_of(const std::string& dataset) {
    const auto sql = server.context->database().connect();
    int64_t rows = *count(**sql, Table::kSamples, {.parent = dataset}) +
                   *count(**sql, Table::kPredictions, {.parent = dataset}) +
                   *count(**sql, Table::kDatasets, {.owner = ""});
    const std::array<SqlValue, 1> values = {dataset};
    EXPECT_TRUE((*sql)->query("SELECT count(*) FROM predicted_classes WHERE dataset = ?1", values,
                              [&](const SqlRow& row) { return rows += row.integer(0), Status(); }));
    return rows;
  }

  static constexpr int kSamples = 4500;
  TestServer server;
};

TEST_F(DatasetRemoval, NeverKeepsOthersFromWritingForLong) {
  const std::string id = large_dataset();
  ASSERT_GT(rows_of(id), 4 * kSamples - 1);
  server.rows->most_changed = 0;
  EXPECT_EQ(server.call("DELETE", "/v1/datasets/" + id).status, 204);
  EXPECT_EQ(rows_of(id), 0);
  EXPECT_GT(server.rows->most_changed, 1);
  EXPECT_LE(server.rows->most_changed, 2000);
}

// Some that kept theirs left none to anybody else.
TEST_F(DatasetRemoval, TakesAConnectionForSomeRowsAtATime) {
  const std::string id = large_dataset();
  server.rows->connections = 0;
  EXPECT_EQ(server.call("DELETE", "/v1/datasets/" + id).status, 204);
  EXPECT_GT(server.rows->connections, 3 * kSamples / 2000);
}

TEST_F(DatasetRemoval, IsDoneByOneRequestForAll) {
  const std::string id = large_dataset();
  {
    const std::lock_guard another_request(server.context->dataset_removal());
    const auto removal =
        std::async(std::launch::async, [&] { return server.call("DELETE", "/v1/datasets/" + id).status; });
    ASSERT_EQ(removal.wait_for(std::chrono::seconds(30)), std::future_status::ready);
    EXPECT_GT(rows_of(id), 4 * kSamples - 1);
  }
  EXPECT_EQ(server.get("/v1/datasets/" + id).status, 404);
  EXPECT_EQ(server.call("DELETE", "/v1/datasets/" + server.new_dataset()).status, 204);
  EXPECT_EQ(rows_of(id), 0);
}

TEST_F(DatasetRemoval, GoesOnWithWhatAServerThatWasKilledHasLeft) {
  const std::string id = large_dataset();
  {
    const auto sql = server.context->database().connect();
    Record nobodys = **find(**sql, Table::kDatasets, id);
    nobodys.owner.clear();
    ASSERT_TRUE(remove(**sql, Table::kDatasets, id));
    ASSERT_TRUE(insert(**sql, Table::kDatasets, nobodys));
  }
  EXPECT_EQ(server.get("/v1/datasets/" + id).status, 404);
  EXPECT_EQ(server.get("/v1/datasets").json, json::array());
  EXPECT_NE(server.get("/metrics", "").text.find("pretag_datasets 0\n"), std::string::npos);
  EXPECT_EQ(server.call("DELETE", "/v1/datasets/" + server.new_dataset()).status, 204);
  EXPECT_EQ(rows_of(id), 0);
}

}  // namespace
}  // namespace pretag
