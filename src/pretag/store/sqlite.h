// A thin layer over SQLite: connections and statements that close themselves, errors as Results.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "pretag/util/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace pretag {

// A prepared statement. It must not outlive its Database. Columns count from 0.
class Statement {
 public:
  // None yet: nothing may be done with it but to assign one.
  Statement() = default;

  // Starts the statement over with these values for ?1, ?2 …. Text and blobs are not copied: they must stay as they
  // are until the last step(). An error while binding shows at the next step().
  template <class... Values>
  void start(const Values&... values) {
    reset();
    [[maybe_unused]] int index = 0;
    (bind(++index, values), ...);
  }

  // The same for values that are counted only when the program runs.
  using Value = std::variant<int64_t, std::string_view>;
  void start_with(std::span<const Value> values);

  // True: a row is ready. False: there are no more.
  Result<bool> step();
  // Ends the statement and what locks it holds.
  void reset();

  // start(), to the end, reset(): for statements whose rows do not matter.
  template <class... Values>
  Status run(const Values&... values) {
    start(values...);
    return finish();
  }

  // Values of the current row, converted as SQLite does. Views are good until the next step() or reset().
  int64_t integer(int column) const;
  double real(int column) const;
  std::string_view text(int column) const;
  std::span<const std::byte> blob(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };

  Statement(sqlite3_stmt* statement, std::string path) : statement_(statement), path_(std::move(path)) {}
  Status finish();
  void bind(int index, int64_t value);
  void bind(int index, int value) { bind(index, static_cast<int64_t>(value)); }
  void bind(int index, double value);
  void bind(int index, std::string_view text);
  void bind(int index, std::span<const std::byte> blob);
  void note(int code);

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  std::string path_;
  int bind_error_ = 0;  // the first SQLite code that binding gave, 0 if none
};

// Resets a statement at the end of a scope, however that is left.
class ResetAtEnd {
 public:
  explicit ResetAtEnd(Statement& statement) : statement_(statement) {}
  ResetAtEnd(const ResetAtEnd&) = delete;
  ~ResetAtEnd() { statement_.reset(); }

 private:
  Statement& statement_;
};

// A connection; use it and its statements from one thread at a time. Errors name the path and say what is wrong:
// kUnavailable (locked by another process), kIo (disk full, read-only, cannot be opened), kCorrupt (not a database,
// damaged), kInternal (bad SQL).
class Database {
 public:
  enum class Access { kCreate, kReadOnly };
  // ":memory:" is a database of its own. kNotFound where `access` does not create and there is no file.
  static Result<Database> open(const std::string& path, Access access);

  const std::string& path() const { return path_; }
  // Runs statements that need no values, separated by ';'.
  Status execute(const std::string& sql);
  Result<Statement> prepare(const std::string& sql);
  // The single integer that a query or pragma yields, 0 if it yields none.
  Result<int64_t> integer(const std::string& sql);

 private:
  friend class Transaction;
  struct Close {
    void operator()(sqlite3* database) const;
  };
  Database(sqlite3* database, std::string path) : database_(database), path_(std::move(path)) {}

  std::unique_ptr<sqlite3, Close> database_;
  std::string path_;
};

// Rolled back unless committed.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Status commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace pretag
