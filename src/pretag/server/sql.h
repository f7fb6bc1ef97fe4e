// What the server needs of a database. Behind it are SQLite (sql_sqlite.h) and PostgreSQL (sql_postgres.h).
//
// What every statement must keep to, since both run it (the tests of this layer do, too: server_test_postgres):
// - Columns are BIGINT or TEXT, values int64_t or text, and what is compared has the same type: neither is converted to
//   the other. No booleans, no reals, no blobs, no json functions. NULL is not used.
// - Values are ?1, ?2 …, each used, and of one type wherever it stands. Limits are values, too: LIMIT ?1 OFFSET ?2,
//   with INT64_MAX for all; PostgreSQL knows no LIMIT -1. The text of statements comes from a small, fixed set: each
//   connection keeps it prepared.
// - Names are lower case without quotes, and no words of SQL (user, order, limit, end …); strings are in '…'.
// - Only functions that both have with the same meaning: count, min, max, sum (of few), substr, length, lower (ASCII),
//   coalesce. No group_concat, instr, glob, LIKE (case differs), rowid, INSERT OR …; ON CONFLICT … DO is in both.
// - What is selected beside GROUP BY is grouped by or aggregated. Without ORDER BY there is no order. Text is compared
//   by its bytes, where tables are made with CREATE TABLE here.
// - TEXT has no zero bytes and is UTF-8 (kInvalidArgument in PostgreSQL); what is indexed should stay below 2600 bytes.
// - After a statement failed within a transaction, nothing but rollback works.
// - Rows of a query may be in memory all at once: ask for pages of what can be large.
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

  // Nobody else writes between begin and commit, not even by statements outside of transactions: they wait for 10
  // seconds, then fail with kIo.
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
  // Which one, for messages. Never a password.
  virtual std::string name() const = 0;
};

}  // namespace pretag
