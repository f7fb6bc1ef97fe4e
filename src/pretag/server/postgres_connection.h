// One connection to a PostgreSQL server. For sql_postgres.cc.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "pretag/server/postgres_address.h"
#include "pretag/server/sql.h"

struct pg_conn;
struct pg_result;

namespace pretag {

// Results are read whole before the first row is visited, so that a visitor may use the connection. Errors have the
// codes of store/sqlite.h and name the database.
//
// "Nobody else writes between begin and commit" is an advisory lock that begin() takes, and with it each statement that
// writes outside of a transaction. The other way would be serializable transactions; those fail late, at any statement,
// and whoever began has to do all of it again, files included. One writer at a time is what SQLite has, too. READ
// COMMITTED goes with it: every statement sees what was committed before the lock was had, where one snapshot for the
// whole transaction would be of the time before.
class PostgresConnection final : public SqlConnection {
 public:
  static Result<std::unique_ptr<PostgresConnection>> open(const PostgresAddress& address);

  Status query(const std::string& sql, std::span<const SqlValue> values, const Visit& visit) override;
  Result<int64_t> change(const std::string& sql, std::span<const SqlValue> values) override;
  Status execute(const std::string& sql) override;
  Status begin() override;
  Status commit() override;
  void rollback() override;

  // It may be lent again: nothing has broken it, and no transaction was left open.
  bool is_intact() const;
  // After a rest: the server has not ended it meanwhile. Asks the socket, not the server.
  bool is_alive() const;

 private:
  struct Finish {
    void operator()(pg_conn* connection) const;
  };
  struct Clear {
    void operator()(pg_result* result) const;
  };
  using Answer = std::unique_ptr<pg_result, Clear>;

  PostgresConnection(pg_conn* connection, std::string name) : connection_(connection), name_(std::move(name)) {}
  Status prepare_session();
  // The answer, or what the server or the network said instead.
  Result<Answer> checked(pg_result* result) const;
  Result<Answer> run(const std::string& sql, std::span<const SqlValue> values);
  Result<Answer> run_prepared(const std::string& sql, std::span<const SqlValue> values);
  Result<std::string> prepared(const std::string& sql, std::span<const SqlValue> values);
  bool in_transaction() const;

  std::unique_ptr<pg_conn, Finish> connection_;
  const std::string name_;
  std::unordered_map<std::string, std::string> statements_;  // SQL as it came in -> name of the prepared statement
};

}  // namespace pretag
