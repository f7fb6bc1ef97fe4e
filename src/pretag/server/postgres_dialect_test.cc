#include "pretag/server/postgres_dialect.h"

#include <gtest/gtest.h>

namespace pretag {
namespace {

TEST(PostgresDialect, values_are_numbered_with_dollars) {
  EXPECT_EQ(statement_for_postgres("SELECT a FROM t WHERE b = ?1 AND substr(b, 1, length(?12)) = ?12"),
            "SELECT a FROM t WHERE b = $1 AND substr(b, 1, length($12)) = $12");
}

TEST(PostgresDialect, what_stands_in_quotes_stays) {
  EXPECT_EQ(statement_for_postgres("SELECT 'is it ?1, it''s ?2' FROM \"odd?3\" WHERE b = ?1"),
            "SELECT 'is it ?1, it''s ?2' FROM \"odd?3\" WHERE b = $1");
}

TEST(PostgresDialect, text_columns_compare_bytes) {
  EXPECT_EQ(
      schema_for_postgres("CREATE TABLE t (id TEXT PRIMARY KEY, TEXTURE BIGINT, b TEXT DEFAULT 'TEXT');\n"),
      "CREATE TABLE t (id TEXT COLLATE \"C\" PRIMARY KEY, TEXTURE BIGINT, b TEXT COLLATE \"C\" DEFAULT 'TEXT');\n");
  EXPECT_EQ(schema_for_postgres("INSERT INTO t SELECT CAST(1 AS TEXT)"), "INSERT INTO t SELECT CAST(1 AS TEXT)");
}

TEST(PostgresDialect, knows_what_only_reads) {
  EXPECT_TRUE(only_reads("SELECT 1"));
  EXPECT_TRUE(only_reads("\n  SELECT 1"));
  EXPECT_FALSE(only_reads("INSERT INTO t SELECT 1"));
  EXPECT_FALSE(only_reads("SELECTED"));
  EXPECT_FALSE(only_reads(""));
}

}  // namespace
}  // namespace pretag
