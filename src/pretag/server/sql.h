// What the server needs of a database. SQLite is behind it (sql_sqlite.h); another one is one more class.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "pretag/util/result.h"

namespace pretag {

// Text is not copied: it must stay until the statement has run.
using SqlValue = std::variant<int64_t, std::string_view>;

// The current row; columns count from 0. Views are good until the visitor returns. NULL reads as 0 or empty.
class SqlRow {
 public:
  virtual ~SqlRow() = default;
  virtual int64_t integer(int column) const = 0;
  virtual std::string_view text(int column) const = 0;
};

// One connection; used by one thread at a time. SQL is what SQLite and PostgreSQL have in common, with values as ?1, ?2
// … Errors are those of store/sqlite.h.
class SqlConnection {
 public:
  virtual ~SqlConnection() = default;

  using Visit = std::function<Status(const SqlRow&)>;
  virtual Status query(const std::string& sql, std::span<const SqlValue> values, const Visit& visit) = 0;
  // Gives the number of rows that were inserted, updated or deleted.
  virtual Result<int64_t> change(const std::string& sql, std::span<const SqlValue> values) = 0;
  // Statements without values, separated by ';'.
  virtual Status execute(const std::string& sql) = 0;

  // Nobody else writes between begin and commit.
  virtual Status begin() = 0;
  virtual Status commit() = 0;
  virtual void rollback() = 0;
};

// Rolled back unless committed.
class SqlTransaction {
 public:
  static Result<SqlTransaction> begin(SqlConnection& sql);
  SqlTransaction(SqlTransaction&& other) noexcept : sql_(std::exchange(other.sql_, nullptr)) {}
  SqlTransaction& operator=(SqlTransaction&&) = delete;
  ~SqlTransaction();
  Status commit();

 private:
  explicit SqlTransaction(SqlConnection& sql) : sql_(&sql) {}
  SqlConnection* sql_;
};

// Hands out connections. Thread-safe.
class SqlDatabase {
 public:
  virtual ~SqlDatabase() = default;

  // Goes back to the database at the end of its life, which must be before the database's.
  using Lease = std::unique_ptr<SqlConnection, std::function<void(SqlConnection*)>>;
  // Waits while all connections are in use: a thread must not ask for a second one.
  virtual Result<Lease> connect() = 0;
};

}  // namespace pretag
