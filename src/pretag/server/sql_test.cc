// What sql.h promises, of the database that the tests run on.
#include "pretag/server/sql.h"

#include <gmock/gmock.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <future>
#include <thread>

#include "pretag/server/records.h"
#include "pretag/server/schema.h"
#include "pretag/server/test_database.h"
#include "support/temporary_folder.h"

namespace pretag {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Sql : public testing::Test {
 protected:
  // In a file, as a database in memory has one connection only.
  Sql() {
    auto opened = test_postgres_url().empty() ? open_sqlite(folder_ / "a.db") : open_postgres(new_postgres_schema());
    EXPECT_TRUE(opened.ok());
    database_ = *std::move(opened);
    sql_ = *database_->connect();
    EXPECT_TRUE(sql_->execute("CREATE TABLE things (name TEXT PRIMARY KEY, size BIGINT NOT NULL)"));
  }

  Status add(std::string_view name, int64_t size) { return add(*sql_, name, size); }
  static Status add(SqlConnection& sql, std::string_view name, int64_t size) {
    const std::array<SqlValue, 2> values = {name, size};
    return sql.query("INSERT INTO things VALUES (?1, ?2)", values, [](const SqlRow&) { return Status(); });
  }
  std::vector<std::string> names() {
    std::vector<std::string> all;
    EXPECT_TRUE(sql_->query("SELECT name FROM things ORDER BY name", {},
                            [&](const SqlRow& row) { return all.emplace_back(row.text(0)), Status(); }));
    return all;
  }

  TemporaryFolder folder_;
  std::unique_ptr<SqlDatabase> database_;
  SqlDatabase::Lease sql_;
};

TEST_F(Sql, values_come_back_as_they_were) {
  const std::string long_text(100'000, 'x');
  for (const int64_t size : {INT64_MIN, int64_t{-1}, int64_t{0}, INT64_MAX}) {
    const std::string name = "' ; -- \\ % ü 日 \n" + std::to_string(size);
    ASSERT_TRUE(add(name, size));
    const std::array<SqlValue, 1> values = {std::string_view(name)};
    int rows = 0;
    ASSERT_TRUE(sql_->query("SELECT size, name FROM things WHERE name = ?1", values, [&](const SqlRow& row) {
      ++rows;
      EXPECT_EQ(row.integer(0), size);
      EXPECT_EQ(row.text(0), std::to_string(size));
      EXPECT_EQ(row.text(1), name);
      return Status();
    }));
    EXPECT_EQ(rows, 1);
  }
  ASSERT_TRUE(sql_->execute("CREATE TABLE documents (document TEXT)"));
  const std::array<SqlValue, 1> document = {std::string_view(long_text)};
  ASSERT_TRUE(sql_->change("INSERT INTO documents VALUES (?1)", document));
  ASSERT_TRUE(sql_->query("SELECT document, NULL FROM documents", {}, [&](const SqlRow& row) {
    EXPECT_EQ(row.text(0), long_text);
    EXPECT_EQ(row.text(1), "");
    EXPECT_EQ(row.integer(1), 0);
    return Status();
  }));
}

TEST_F(Sql, text_is_sorted_by_its_bytes) {
  for (const char* name : {"b", "ä", "a", "B", "a b", "_", "", "ab", "Z"}) ASSERT_TRUE(add(name, 0));
  EXPECT_THAT(names(), ElementsAre("", "B", "Z", "_", "a", "a b", "ab", "b", "ä"));
}

TEST_F(Sql, tells_how_many_rows_it_changed) {
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(add(name, 1));
  const std::array<SqlValue, 1> values = {int64_t{1}};
  EXPECT_EQ(*sql_->change("UPDATE things SET size = 2 WHERE size = ?1", values), 3);
  EXPECT_EQ(*sql_->change("UPDATE things SET size = 2 WHERE size = ?1", values), 0);
  EXPECT_EQ(*sql_->change("DELETE FROM things WHERE name = 'a'", {}), 1);
}

TEST_F(Sql, a_visitor_may_use_the_connection) {
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(add(name, 1));
  std::string seen;
  ASSERT_TRUE(sql_->query("SELECT name FROM things ORDER BY name", {}, [&](const SqlRow& row) {
    const std::array<SqlValue, 1> values = {row.text(0)};
    return sql_->query("SELECT name FROM things WHERE name >= ?1 ORDER BY name", values,
                       [&](const SqlRow& inner) { return seen += inner.text(0), Status(); });
  }));
  EXPECT_EQ(seen, "abcbcc");
}

TEST_F(Sql, a_visitor_that_fails_ends_the_query) {
  for (const char* name : {"a", "b"}) ASSERT_TRUE(add(name, 1));
  int rows = 0;
  const Status ended = sql_->query("SELECT name FROM things", {}, [&](const SqlRow&) -> Status {
    ++rows;
    return Error{ErrorCode::kCancelled, "enough"};
  });
  EXPECT_EQ(ended.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(rows, 1);
  EXPECT_THAT(names(), ElementsAre("a", "b"));
}

TEST_F(Sql, what_is_not_committed_is_undone) {
  {
    const auto transaction = SqlTransaction::begin(*sql_);
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(add("lost", 1));
  }
  auto transaction = SqlTransaction::begin(*sql_);
  ASSERT_TRUE(add("kept", 1));
  ASSERT_TRUE(transaction->commit());
  EXPECT_THAT(names(), ElementsAre("kept"));
}

TEST_F(Sql, after_a_failure_a_transaction_can_be_undone_and_another_one_begun) {
  ASSERT_TRUE(add("a", 1));
  {
    const auto transaction = SqlTransaction::begin(*sql_);
    ASSERT_TRUE(add("b", 1));
    EXPECT_EQ(add("a", 2).error().code, ErrorCode::kInternal);
  }
  EXPECT_THAT(names(), ElementsAre("a"));
  auto transaction = SqlTransaction::begin(*sql_);
  ASSERT_TRUE(add("c", 1));
  ASSERT_TRUE(transaction->commit());
  EXPECT_THAT(names(), ElementsAre("a", "c"));
}

TEST_F(Sql, others_wait_with_writing_until_a_transaction_ends_and_go_on_reading) {
  const auto reader = *database_->connect();
  auto transaction = SqlTransaction::begin(*sql_);
  ASSERT_TRUE(transaction);
  ASSERT_TRUE(add("first", 1));
  const auto write = [this](bool begin) {
    const auto other = *database_->connect();
    std::optional<SqlTransaction> own;
    if (begin) own.emplace(*SqlTransaction::begin(*other));
    // Had it not waited, it would not see the first one.
    int64_t seen = 0;
    const auto insert = "INSERT INTO things SELECT ?1, count(*) FROM things";
    const std::array<SqlValue, 1> values = {std::string_view(begin ? "second" : "third")};
    EXPECT_TRUE(other->query(insert, values, [](const SqlRow&) { return Status(); }));
    if (own) {
      EXPECT_TRUE(own->commit());
    }
    EXPECT_TRUE(other->query("SELECT min(size) FROM things WHERE name <> 'first'", {},
                             [&](const SqlRow& row) { return seen = row.integer(0), Status(); }));
    return seen;
  };
  auto second = std::async(std::launch::async, write, true), third = std::async(std::launch::async, write, false);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  int64_t rows = -1;
  ASSERT_TRUE(reader->query("SELECT count(*) FROM things", {},
                            [&](const SqlRow& row) { return rows = row.integer(0), Status(); }));
  EXPECT_EQ(rows, 0);
  ASSERT_TRUE(transaction->commit());
  EXPECT_GE(second.get(), 1);
  EXPECT_GE(third.get(), 1);
  EXPECT_EQ(names().size(), 3u);
}

TEST_F(Sql, counting_up_from_many_threads_loses_nothing) {
  ASSERT_TRUE(add("counter", 0));
  const auto count_up = [this] {
    for (int i = 0; i < 20; ++i) {
      const auto other = *database_->connect();
      auto transaction = SqlTransaction::begin(*other);
      ASSERT_TRUE(transaction);
      int64_t size = 0;
      ASSERT_TRUE(other->query("SELECT size FROM things", {},
                               [&](const SqlRow& row) { return size = row.integer(0), Status(); }));
      const std::array<SqlValue, 1> values = {size + 1};
      ASSERT_TRUE(other->change("UPDATE things SET size = ?1", values));
      ASSERT_TRUE(transaction->commit());
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 6; ++i) threads.emplace_back(count_up);
  }
  int64_t size = 0;
  ASSERT_TRUE(
      sql_->query("SELECT size FROM things", {}, [&](const SqlRow& row) { return size = row.integer(0), Status(); }));
  EXPECT_EQ(size, 120);
}

TEST_F(Sql, errors_name_the_database_and_have_codes) {
  const Status wrong = sql_->query("SELECT name FROM nowhere", {}, [](const SqlRow&) { return Status(); });
  EXPECT_EQ(wrong.error().code, ErrorCode::kInternal);
  EXPECT_THAT(wrong.error().message, HasSubstr("nowhere"));
  const std::string huge((64 << 20) + 1, 'x');
  EXPECT_EQ(add(huge, 1).error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(names(), ElementsAre());
}

TEST_F(Sql, records_with_whatever_text_are_found_again) {
  ASSERT_TRUE(migrate(*sql_));
  Record record{.id = "1", .parent = "p", .name = "100%_a\\b'", .position = 7};
  record.document = {{"text", std::string("zero \0 in it", 12)}, {"number", 0.1}};
  ASSERT_TRUE(insert(*sql_, Table::kSamples, record));
  record.id = "2", record.name = "100x", record.position = 8;
  ASSERT_TRUE(insert(*sql_, Table::kSamples, record));
  const auto found = list(*sql_, Table::kSamples, {.parent = "p", .name_prefix = "100%_"});
  ASSERT_TRUE(found);
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ(found->front().document, record.document);
  EXPECT_EQ(list(*sql_, Table::kSamples, {.newest_first = true, .page = {1, -1}})->front().id, "1");
  EXPECT_EQ(list(*sql_, Table::kSamples, {.name = "100x", .page = {0, 1}})->front().id, "2");
}

TEST_F(Sql, migrations_of_servers_that_start_together_are_done_once) {
  const auto start = [this] { return migrate(**database_->connect()); };
  std::vector<std::future<Status>> servers;
  for (int i = 0; i < 4; ++i) servers.push_back(std::async(std::launch::async, start));
  for (auto& server : servers) {
    const Status migrated = server.get();
    EXPECT_TRUE(migrated) << migrated.error().message;
  }
  int64_t versions = 0;
  ASSERT_TRUE(sql_->query("SELECT count(*) FROM schema_version", {},
                          [&](const SqlRow& row) { return versions = row.integer(0), Status(); }));
  EXPECT_EQ(versions, 1);
}

}  // namespace
}  // namespace pretag
