#include "pretag/store/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>

namespace pretag {
namespace {

// Another pretag that is about to end gets this long to do so.
constexpr int kBusyMilliseconds = 2000;
// No text or blob of ours comes near; a damaged file cannot ask for more.
constexpr int kMaxValueBytes = 64 << 20;

Error sqlite_error(const std::string& path, int code, const char* detail) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {ErrorCode::kIo, path + ": disk is full; free some space and run again"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::kUnavailable, path + ": locked by another process; is another pretag running in this folder?"};
    case SQLITE_READONLY:
      return {ErrorCode::kIo, path + ": read-only; check the permissions of the file and its folder"};
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {ErrorCode::kIo, path + ": cannot be opened; check that the folder exists and may be written"};
    case SQLITE_IOERR:
      return {ErrorCode::kIo, fmt::format("{}: reading or writing failed ({})", path, detail)};
    case SQLITE_NOTADB:
      return {ErrorCode::kCorrupt, path + ": not an SQLite file"};
    case SQLITE_CORRUPT:
      return {ErrorCode::kCorrupt, fmt::format("{}: damaged ({})", path, detail)};
    case SQLITE_TOOBIG:
      return {ErrorCode::kInvalidArgument, path + ": a value is too large to be stored"};
    default:
      return {ErrorCode::kInternal, fmt::format("{}: {} (SQLite code {})", path, detail, code)};
  }
}

Error last_error(sqlite3* database, const std::string& path) {
  return sqlite_error(path, sqlite3_extended_errcode(database), sqlite3_errmsg(database));
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Statement::start_with(std::span<const Value> values) {
  reset();
  int index = 0;
  for (const Value& value : values) {
    std::visit([&](const auto& bound) { bind(index + 1, bound); }, value);
    ++index;
  }
}

Result<bool> Statement::step() {
  if (bind_error_ != SQLITE_OK) return sqlite_error(path_, bind_error_, sqlite3_errstr(bind_error_));
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return last_error(sqlite3_db_handle(statement_.get()), path_);
}

void Statement::reset() {
  sqlite3_reset(statement_.get());  // its code repeats the error that step() gave
  bind_error_ = SQLITE_OK;
}

Status Statement::finish() {
  const ResetAtEnd reset_at_end(*this);
  for (;;) {
    PRETAG_ASSIGN(const bool row, step());
    if (!row) return {};
  }
}

void Statement::note(int code) {
  if (bind_error_ == SQLITE_OK) bind_error_ = code;
}

void Statement::bind(int index, int64_t value) { note(sqlite3_bind_int64(statement_.get(), index, value)); }

void Statement::bind(int index, double value) { note(sqlite3_bind_double(statement_.get(), index, value)); }

void Statement::bind(int index, std::string_view text) {
  // A null pointer would bind NULL.
  const char* data = text.empty() ? "" : text.data();
  note(sqlite3_bind_text64(statement_.get(), index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void Statement::bind(int index, std::span<const std::byte> blob) {
  const void* data = blob.empty() ? static_cast<const void*>("") : blob.data();
  note(sqlite3_bind_blob64(statement_.get(), index, data, blob.size(), SQLITE_STATIC));
}

int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }

std::string_view Statement::text(int column) const {
  const auto* data = sqlite3_column_text(statement_.get(), column);
  if (data == nullptr) return {};
  return {reinterpret_cast<const char*>(data), static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::span<const std::byte> Statement::blob(int column) const {
  const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_.get(), column));
  if (data == nullptr) return {};
  return {data, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Result<Database> Database::open(const std::string& path, Access access) {
  if (path.empty()) return Error{ErrorCode::kInvalidArgument, "the path of the database is empty"};
  std::error_code failure;
  if (access == Access::kReadOnly && path != ":memory:" && !std::filesystem::exists(path, failure)) {
    if (failure) return Error{ErrorCode::kIo, path + ": " + failure.message()};
    return Error{ErrorCode::kNotFound, path + ": no such file"};
  }
  const int flags = access == Access::kCreate ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  Database database(raw, path);  // SQLite gives a handle to close even when opening failed
  if (code != SQLITE_OK) return sqlite_error(path, code, sqlite3_errstr(code));
  // SQLite quietly falls back to reading where it may not write; a run has to know before its first image.
  if (access == Access::kCreate && sqlite3_db_readonly(raw, "main") == 1) {
    return sqlite_error(path, SQLITE_READONLY, "");
  }
  sqlite3_busy_timeout(raw, kBusyMilliseconds);
  sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, kMaxValueBytes);
  // The file may come from somebody else: its schema may not run code, and broken pages are to be noticed.
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  PRETAG_TRY(database.execute("PRAGMA cell_size_check = ON"));
  return database;
}

Status Database::execute(const std::string& sql) {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return last_error(database_.get(), path_);
}

Result<Statement> Database::prepare(const std::string& sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(database_.get(), sql.c_str(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return last_error(database_.get(), path_);
  return Statement(raw, path_);
}

Result<int64_t> Database::integer(const std::string& sql) {
  PRETAG_ASSIGN(Statement statement, prepare(sql));
  PRETAG_ASSIGN(const bool row, statement.step());
  return row ? statement.integer(0) : 0;
}

Result<Transaction> Transaction::begin(Database& database) {
  PRETAG_TRY(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::~Transaction() {
  // After a full disk SQLite may have rolled back by itself; rolling back twice is an error that means nothing.
  if (database_ != nullptr && sqlite3_get_autocommit(database_->database_.get()) == 0) {
    (void)database_->execute("ROLLBACK");
  }
}

Status Transaction::commit() {
  PRETAG_TRY(database_->execute("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace pretag
