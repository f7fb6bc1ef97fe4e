// For the tests of this layer: an empty database for each test. In memory, or, where PRETAG_TEST_DATABASE has the
// address of a PostgreSQL database, a schema of its own there (server_test_postgres, see tests/CMakeLists.txt).
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "pretag/server/random_ids.h"
#include "pretag/server/sql_postgres.h"
#include "pretag/server/sql_sqlite.h"

namespace pretag {

// Empty: tests are on SQLite.
inline std::string test_postgres_url() {
  const char* url = std::getenv("PRETAG_TEST_DATABASE");
  return url == nullptr ? "" : url;
}

// The address of a new schema; connections to it see that schema only.
inline std::string new_postgres_schema() {
  const std::string url = test_postgres_url(), schema = "test_" + random_hex(8);
  const auto database = open_postgres(url);
  EXPECT_TRUE(database.ok()) << (database ? "" : database.error().message);
  const auto sql = (*database)->connect();
  EXPECT_TRUE((*sql)->execute("CREATE SCHEMA " + schema).ok());
  return url + (url.find('?') == std::string::npos ? "?" : "&") + "options=-csearch_path%3D" + schema;
}

inline std::unique_ptr<SqlDatabase> open_test_database() {
  auto database = test_postgres_url().empty() ? open_sqlite(":memory:") : open_postgres(new_postgres_schema());
  EXPECT_TRUE(database.ok()) << (database ? "" : database.error().message);
  return *std::move(database);
}

}  // namespace pretag
