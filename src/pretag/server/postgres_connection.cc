#include "pretag/server/postgres_connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <charconv>
#include <vector>

#include "pretag/server/postgres_dialect.h"
#include "pretag/server/postgres_error.h"

namespace pretag {
namespace {

// "pretag", so that it is nobody else's by chance.
constexpr int64_t kWriteLock = 0x707265746167;
// As for SQLite: no value of ours comes near (store/sqlite.cc).
constexpr size_t kMaxValueBytes = 64u << 20;
// Of PostgreSQL's catalog pg_type.
constexpr Oid kInt8 = 20, kText = 25;
constexpr int kBinary = 1;

class ResultRow final : public SqlRow {
 public:
  ResultRow(const PGresult* result, int row) : result_(result), row_(row) {}

  int64_t integer(int column) const override {
    const std::string_view digits = text(column);
    int64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  }
  std::string_view text(int column) const override {
    return {PQgetvalue(result_, row_, column), static_cast<size_t>(PQgetlength(result_, row_, column))};
  }

 private:
  const PGresult* result_;
  int row_;
};

// Values as the protocol wants them. Binary, since text would have to end with a zero.
class Parameters {
 public:
  explicit Parameters(std::span<const SqlValue> values) : integers_(values.size()) {
    for (size_t i = 0; i < values.size(); ++i) {
      std::visit([&](const auto& value) { add(value, integers_[i]); }, values[i]);
    }
  }
  Parameters(const Parameters&) = delete;

  int count() const { return static_cast<int>(bytes_.size()); }
  const char* const* bytes() const { return bytes_.data(); }
  const int* sizes() const { return sizes_.data(); }
  const int* formats() const { return formats_.data(); }
  bool too_large() const { return too_large_; }

 private:
  using EightBytes = std::array<char, 8>;

  void add(int64_t value, EightBytes& storage) {
    for (size_t i = 0; i < storage.size(); ++i) storage[i] = static_cast<char>(value >> (56 - 8 * i));  // big-endian
    add(std::string_view(storage.data(), storage.size()), storage);
  }
  void add(std::string_view text, EightBytes&) {
    bytes_.push_back(text.empty() ? "" : text.data());  // a null pointer would be NULL
    too_large_ = too_large_ || text.size() > kMaxValueBytes;
    sizes_.push_back(too_large_ ? 0 : static_cast<int>(text.size()));
    formats_.push_back(kBinary);
  }

  std::vector<EightBytes> integers_;
  std::vector<const char*> bytes_;
  std::vector<int> sizes_, formats_;
  bool too_large_ = false;
};

std::string_view or_empty(const char* text) { return text == nullptr ? "" : text; }

}  // namespace

void PostgresConnection::Finish::operator()(pg_conn* connection) const { PQfinish(connection); }
void PostgresConnection::Clear::operator()(pg_result* result) const { PQclear(result); }

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::open(const PostgresAddress& address) {
  // What comes before the address are defaults, what comes after it is not for it to say. A peer that has vanished is
  // noticed within a minute.
  const std::array keys = {"connect_timeout",  "keepalives_idle",  "keepalives_interval",
                           "keepalives_count", "tcp_user_timeout", "fallback_application_name",
                           "dbname",           "client_encoding",  static_cast<const char*>(nullptr)};
  const std::array values = {
      "5", "30", "10", "3", "30000", "pretag", address.url.c_str(), "UTF8", static_cast<const char*>(nullptr)};
  std::unique_ptr<PostgresConnection> connection(
      new PostgresConnection(PQconnectdbParams(keys.data(), values.data(), 1), address.name));
  PRETAG_TRY(connection->prepare_session());
  return connection;
}

Status PostgresConnection::prepare_session() {
  if (PQstatus(connection_.get()) != CONNECTION_OK) {
    return postgres_error(name_, "", or_empty(PQerrorMessage(connection_.get())));
  }
  // Notices would go to stderr.
  PQsetNoticeReceiver(
      connection_.get(), [](void*, const PGresult*) {}, nullptr);
  const std::string_view encoding = or_empty(PQparameterStatus(connection_.get(), "server_encoding"));
  if (encoding != "UTF8") {
    return Error{
        ErrorCode::kUnsupported,
        fmt::format("{}: its encoding is {}; make one with UTF8 (createdb --encoding=UTF8 --template=template0)", name_,
                    encoding)};
  }
  // Who holds the lock is waited for as long as with SQLite. A server that vanishes in a transaction must not keep it.
  PRETAG_ASSIGN(const Answer set,
                checked(PQexec(connection_.get(),
                               "SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '60s'; "
                               "SET standard_conforming_strings = on")));
  return {};
}

Result<PostgresConnection::Answer> PostgresConnection::checked(pg_result* result) const {
  Answer answer(result);
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return answer;
  const std::string_view state = or_empty(PQresultErrorField(result, PG_DIAG_SQLSTATE));
  const std::string_view said = or_empty(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));
  return postgres_error(name_, state, said.empty() ? or_empty(PQerrorMessage(connection_.get())) : said);
}

bool PostgresConnection::in_transaction() const { return PQtransactionStatus(connection_.get()) != PQTRANS_IDLE; }

Result<std::string> PostgresConnection::prepared(const std::string& sql, std::span<const SqlValue> values) {
  const auto known = statements_.find(sql);
  if (known != statements_.end()) return known->second;
  std::vector<Oid> types;
  for (const SqlValue& value : values) types.push_back(std::holds_alternative<int64_t>(value) ? kInt8 : kText);
  std::string name = fmt::format("pretag_{}", statements_.size());
  PRETAG_ASSIGN(const Answer answer,
                checked(PQprepare(connection_.get(), name.c_str(), statement_for_postgres(sql).c_str(),
                                  static_cast<int>(types.size()), types.data())));
  statements_.emplace(sql, name);
  return name;
}

Result<PostgresConnection::Answer> PostgresConnection::run_prepared(const std::string& sql,
                                                                    std::span<const SqlValue> values) {
  const Parameters parameters(values);
  if (parameters.too_large()) return Error{ErrorCode::kInvalidArgument, name_ + ": a value is too large to be stored"};
  PRETAG_ASSIGN(const std::string statement, prepared(sql, values));
  return checked(PQexecPrepared(connection_.get(), statement.c_str(), parameters.count(), parameters.bytes(),
                                parameters.sizes(), parameters.formats(), 0));
}

Result<PostgresConnection::Answer> PostgresConnection::run(const std::string& sql, std::span<const SqlValue> values) {
  if (in_transaction() || only_reads(sql)) return run_prepared(sql, values);
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(*this));
  PRETAG_ASSIGN(Answer answer, run_prepared(sql, values));
  PRETAG_TRY(transaction.commit());
  return answer;
}

Status PostgresConnection::query(const std::string& sql, std::span<const SqlValue> values, const Visit& visit) {
  PRETAG_ASSIGN(const Answer answer, run(sql, values));
  const int rows = PQntuples(answer.get());
  for (int row = 0; row < rows; ++row) PRETAG_TRY(visit(ResultRow(answer.get(), row)));
  return {};
}

Result<int64_t> PostgresConnection::change(const std::string& sql, std::span<const SqlValue> values) {
  PRETAG_ASSIGN(const Answer answer, run(sql, values));
  const std::string_view digits = or_empty(PQcmdTuples(answer.get()));
  int64_t rows = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), rows);
  return rows;
}

Status PostgresConnection::execute(const std::string& sql) {
  if (!in_transaction()) {
    PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(*this));
    PRETAG_TRY(execute(sql));
    return transaction.commit();
  }
  PRETAG_ASSIGN(const Answer answer, checked(PQexec(connection_.get(), schema_for_postgres(sql).c_str())));
  return {};
}

Status PostgresConnection::begin() {
  const std::string sql =
      fmt::format("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_advisory_xact_lock({})", kWriteLock);
  auto answer = checked(PQexec(connection_.get(), sql.c_str()));
  if (answer) return {};
  rollback();  // begun it may have
  return answer.error();
}

Status PostgresConnection::commit() {
  PRETAG_ASSIGN(const Answer answer, checked(PQexec(connection_.get(), "COMMIT")));
  // A transaction in which a statement failed ends so, without an error.
  if (or_empty(PQcmdStatus(answer.get())) == "COMMIT") return {};
  return Error{ErrorCode::kInternal, name_ + ": a statement of the transaction had failed, so nothing of it was done"};
}

void PostgresConnection::rollback() {
  if (!in_transaction()) return;
  const Answer answer(PQexec(connection_.get(), "ROLLBACK"));  // where it fails, is_intact() tells
}

bool PostgresConnection::is_intact() const { return PQstatus(connection_.get()) == CONNECTION_OK && !in_transaction(); }

bool PostgresConnection::is_alive() const {
  // To a connection at rest, a server speaks only to say that it ends.
  pollfd socket{PQsocket(connection_.get()), POLLIN, 0};
  return is_intact() && ::poll(&socket, 1, 0) == 0;
}

}  // namespace pretag
