#include "pretag/store/sqlite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>

namespace pretag {
namespace {

using testing::HasSubstr;

Database memory_database() {
  auto database = Database::open(":memory:", Database::Access::kCreate);
  EXPECT_TRUE(database.ok());
  return *std::move(database);
}

TEST(Sqlite, BindsAndReadsEveryKindOfValue) {
  Database database = memory_database();
  const std::array<std::byte, 3> bytes = {std::byte{0}, std::byte{255}, std::byte{7}};
  const std::string text("a\0'b;", 5);
  auto statement = database.prepare("SELECT ?1, ?2, ?3, ?4");
  ASSERT_TRUE(statement.ok());
  statement->start(int64_t{1} << 60, 0.25f, text, std::span<const std::byte>(bytes));
  ASSERT_TRUE(*statement->step());
  EXPECT_EQ(statement->integer(0), int64_t{1} << 60);
  EXPECT_EQ(statement->real(1), 0.25);
  EXPECT_EQ(statement->text(2), text);
  EXPECT_EQ(std::vector<std::byte>(statement->blob(3).begin(), statement->blob(3).end()),
            std::vector<std::byte>(bytes.begin(), bytes.end()));
  EXPECT_FALSE(*statement->step());
}

TEST(Sqlite, EmptyTextAndBlobAreNotNull) {
  Database database = memory_database();
  auto statement = database.prepare("SELECT ?1 IS NULL, ?2 IS NULL");
  ASSERT_TRUE(statement.ok());
  statement->start(std::string_view(), std::span<const std::byte>());
  ASSERT_TRUE(*statement->step());
  EXPECT_EQ(statement->integer(0), 0);
  EXPECT_EQ(statement->integer(1), 0);
}

TEST(Sqlite, AValueTooManyIsAnError) {
  Database database = memory_database();
  auto statement = database.prepare("SELECT ?1");
  ASSERT_TRUE(statement.ok());
  EXPECT_FALSE(statement->run(1, 2).ok());
  EXPECT_TRUE(statement->run(1).ok());  // the error is gone with the next start
}

TEST(Sqlite, ATransactionThatIsNotCommittedIsUndone) {
  Database database = memory_database();
  ASSERT_TRUE(database.execute("CREATE TABLE t (x)").ok());
  {
    auto transaction = Transaction::begin(database);
    ASSERT_TRUE(transaction.ok());
    ASSERT_TRUE(database.execute("INSERT INTO t VALUES (1)").ok());
  }
  EXPECT_EQ(*database.integer("SELECT count(*) FROM t"), 0);
  {
    auto transaction = Transaction::begin(database);
    ASSERT_TRUE(transaction.ok());
    ASSERT_TRUE(database.execute("INSERT INTO t VALUES (1)").ok());
    ASSERT_TRUE(transaction->commit().ok());
  }
  EXPECT_EQ(*database.integer("SELECT count(*) FROM t"), 1);
}

TEST(Sqlite, AFullDatabaseSaysThatTheDiskIsFullAndKeepsWhatItHad) {
  Database database = memory_database();
  ASSERT_TRUE(database.execute("CREATE TABLE t (x); INSERT INTO t VALUES (1); PRAGMA max_page_count = 3").ok());
  auto insert = database.prepare("INSERT INTO t VALUES (zeroblob(100000))");
  ASSERT_TRUE(insert.ok());
  {
    auto transaction = Transaction::begin(database);
    ASSERT_TRUE(transaction.ok());
    const Status status = insert->run();
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::kIo);
    EXPECT_THAT(status.error().message, HasSubstr(":memory:: disk is full"));
  }
  EXPECT_EQ(*database.integer("SELECT count(*) FROM t"), 1);
  EXPECT_TRUE(database.execute("INSERT INTO t VALUES (2)").ok());
}

TEST(Sqlite, AMissingFileIsNotFoundUnlessItMayBeCreated) {
  const std::string path = testing::TempDir() + "pretag_no_such.db";
  const auto read_only = Database::open(path, Database::Access::kReadOnly);
  ASSERT_FALSE(read_only.ok());
  EXPECT_EQ(read_only.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(read_only.error().message, HasSubstr(path));
}

TEST(Sqlite, AFolderThatDoesNotExistIsNamed) {
  const std::string path = testing::TempDir() + "pretag_no_folder/run.db";
  const auto database = Database::open(path, Database::Access::kCreate);
  ASSERT_FALSE(database.ok());
  EXPECT_EQ(database.error().code, ErrorCode::kIo);
  EXPECT_THAT(database.error().message, HasSubstr(path));
}

}  // namespace
}  // namespace pretag
