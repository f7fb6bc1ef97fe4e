#include "pretag/server/sql_sqlite.h"

#include <condition_variable>
#include <mutex>
#include <unordered_map>

#include "pretag/store/sqlite.h"

namespace pretag {
namespace {

// More would only wait for each other: there is one writer, and readers are short.
constexpr size_t kMaxConnections = 8;

class StatementRow final : public SqlRow {
 public:
  explicit StatementRow(const Statement& statement) : statement_(statement) {}
  int64_t integer(int column) const override { return statement_.integer(column); }
  std::string_view text(int column) const override { return statement_.text(column); }

 private:
  const Statement& statement_;
};

class SqliteConnection final : public SqlConnection {
 public:
  static Result<std::unique_ptr<SqliteConnection>> open(const std::string& path) {
    PRETAG_ASSIGN(Database database, Database::open(path, Database::Access::kCreate));
    // NORMAL: what was committed survives a crash of the server; a power cut may take the last moments, never the file.
    PRETAG_TRY(database.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 10000"));
    return std::unique_ptr<SqliteConnection>(new SqliteConnection(std::move(database)));
  }

  Status query(const std::string& sql, std::span<const SqlValue> values, const Visit& visit) override {
    PRETAG_ASSIGN(Statement * statement, prepared(sql));
    const ResetAtEnd reset_at_end(*statement);
    statement->start_with(values);
    for (;;) {
      PRETAG_ASSIGN(const bool row, statement->step());
      if (!row) return {};
      PRETAG_TRY(visit(StatementRow(*statement)));
    }
  }

  Result<int64_t> change(const std::string& sql, std::span<const SqlValue> values) override {
    PRETAG_TRY(query(sql, values, [](const SqlRow&) { return Status(); }));
    int64_t changed = 0;
    PRETAG_TRY(query("SELECT changes()", {}, [&](const SqlRow& row) { return changed = row.integer(0), Status(); }));
    return changed;
  }

  Status execute(const std::string& sql) override { return database_.execute(sql); }
  Status begin() override { return database_.execute("BEGIN IMMEDIATE"); }
  Status commit() override { return database_.execute("COMMIT"); }
  // Fails where SQLite has rolled back by itself, as it does when the disk is full.
  void rollback() override { (void)database_.execute("ROLLBACK"); }

 private:
  explicit SqliteConnection(Database database) : database_(std::move(database)) {}

  Result<Statement*> prepared(const std::string& sql) {
    const auto known = statements_.find(sql);
    if (known != statements_.end()) return &known->second;
    PRETAG_ASSIGN(Statement statement, database_.prepare(sql));
    return &statements_.emplace(sql, std::move(statement)).first->second;
  }

  Database database_;
  std::unordered_map<std::string, Statement> statements_;  // before database_ is closed, they are finalized
};

class SqliteDatabase final : public SqlDatabase {
 public:
  explicit SqliteDatabase(std::string path) : path_(std::move(path)) {}

  std::string name() const override { return "SQLite database " + path_; }

  Result<Lease> connect() override {
    std::unique_lock lock(mutex_);
    const size_t limit = path_ == ":memory:" ? 1 : kMaxConnections;
    returned_.wait(lock, [&] { return !idle_.empty() || open_ < limit; });
    if (idle_.empty()) {
      PRETAG_ASSIGN(auto connection, SqliteConnection::open(path_));
      idle_.push_back(std::move(connection));
      ++open_;
    }
    SqlConnection* connection = idle_.back().release();
    idle_.pop_back();
    return Lease(connection, [this](SqlConnection* used) { give_back(used); });
  }

 private:
  void give_back(SqlConnection* connection) {
    const std::scoped_lock lock(mutex_);
    idle_.emplace_back(connection);
    returned_.notify_one();
  }

  const std::string path_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<SqlConnection>> idle_;
  size_t open_ = 0;
};

}  // namespace

Result<std::unique_ptr<SqlDatabase>> open_sqlite(const std::string& path) {
  auto database = std::make_unique<SqliteDatabase>(path);
  PRETAG_TRY(database->connect());  // says now what is wrong with the file
  return std::unique_ptr<SqlDatabase>(std::move(database));
}

}  // namespace pretag
