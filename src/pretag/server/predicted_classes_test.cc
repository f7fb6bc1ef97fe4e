#include "pretag/server/predicted_classes.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "pretag/server/test_database.h"
#include "support/temporary_folder.h"

namespace pretag {
namespace {

// More images than are asked for at a time: every one has the class 0, every third the class 2.
constexpr int64_t kImages = 120'001;

class PredictedClasses : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = test_postgres_url().empty() ? open_sqlite(folder_ / "a.db") : open_postgres(new_postgres_schema());
    ASSERT_TRUE(opened.ok());
    database_ = *std::move(opened);
    sql_ = *database_->connect();
    ASSERT_TRUE(create_predicted_classes(*sql_).ok());
    for (const char* which :
         {"0, n, 900000 FROM p", "2, n, 400000 + n FROM p WHERE n % 3 = 0", "-1, n, 900000 FROM p"}) {
      const Status filled = sql_->execute(
          "INSERT INTO predicted_classes WITH RECURSIVE p(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM p WHERE n < " +
          std::to_string(kImages - 1) + ") SELECT 'd', '1/t', " + which);
      ASSERT_TRUE(filled.ok()) << filled.error().message;
    }
  }

  TemporaryFolder folder_;
  std::unique_ptr<SqlDatabase> database_;
  SqlDatabase::Lease sql_;
};

TEST_F(PredictedClasses, are_visited_once_each_in_order) {
  std::vector<std::pair<int64_t, int64_t>> rows;
  ASSERT_TRUE(visit_classes(*sql_, {"d", "1/t", 0}, [&](int64_t category, int64_t position) {
                return rows.emplace_back(category, position), Status();
              }).ok());
  ASSERT_EQ(rows.size(), static_cast<size_t>(kImages + kImages / 3 + 1));
  EXPECT_TRUE(std::ranges::is_sorted(rows));
  EXPECT_EQ(std::ranges::adjacent_find(rows), rows.end());
}

TEST_F(PredictedClasses, of_one_class_are_all_there_or_those_of_a_page) {
  std::vector<int64_t> all, page;
  ASSERT_TRUE(visit_samples_with_class(*sql_, {"d", "1/t", 0.45}, 2, {}, [&](int64_t position) {
                return all.push_back(position), Status();
              }).ok());
  ASSERT_EQ(all.size(), static_cast<size_t>((kImages - 1) / 3 + 1 - (50'000 + 2) / 3));
  EXPECT_EQ(all.front(), 50'001);
  ASSERT_TRUE(visit_samples_with_class(*sql_, {"d", "1/t", 0.45}, 2, {.offset = 1, .size = 2}, [&](int64_t position) {
                return page.push_back(position), Status();
              }).ok());
  EXPECT_EQ(page, (std::vector<int64_t>{50'004, 50'007}));
}

}  // namespace
}  // namespace pretag
