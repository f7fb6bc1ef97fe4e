#include "pretag/server/sql_postgres.h"

#include <condition_variable>
#include <mutex>

#include "pretag/server/postgres_connection.h"

namespace pretag {
namespace {

// PostgreSQL allows 100 in all unless it is told otherwise, and there may be several servers.
constexpr size_t kMaxConnections = 16;

class PostgresDatabase final : public SqlDatabase {
 public:
  explicit PostgresDatabase(PostgresAddress address) : address_(std::move(address)) {}

  std::string name() const override { return address_.name; }

  Result<Lease> connect() override {
    if (auto rested = take_rested()) return lend(std::move(rested));
    // Others must not wait for a server that does not answer: without the lock.
    auto opened = PostgresConnection::open(address_);
    if (opened) return lend(*std::move(opened));
    forget_one();
    return opened.error();
  }

 private:
  using Connection = std::unique_ptr<PostgresConnection>;

  // Nothing: the caller may open one more.
  Connection take_rested() {
    std::unique_lock lock(mutex_);
    returned_.wait(lock, [&] { return !idle_.empty() || open_ < kMaxConnections; });
    while (!idle_.empty()) {
      Connection connection = std::move(idle_.back());
      idle_.pop_back();
      if (connection->is_alive()) return connection;
      --open_;
    }
    ++open_;
    return nullptr;
  }

  Lease lend(Connection connection) {
    return Lease(connection.release(),
                 [this](SqlConnection* used) { give_back(Connection(static_cast<PostgresConnection*>(used))); });
  }

  void give_back(Connection connection) {
    if (!connection->is_intact()) return forget_one();
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(connection));
    returned_.notify_one();
  }

  void forget_one() {
    const std::scoped_lock lock(mutex_);
    --open_;
    returned_.notify_one();
  }

  const PostgresAddress address_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<Connection> idle_;
  size_t open_ = 0;  // lent ones, too
};

}  // namespace

Result<std::unique_ptr<SqlDatabase>> open_postgres(const std::string& url) {
  PRETAG_ASSIGN(PostgresAddress address, parse_postgres_url(url));
  auto database = std::make_unique<PostgresDatabase>(std::move(address));
  PRETAG_TRY(database->connect());
  return std::unique_ptr<SqlDatabase>(std::move(database));
}

}  // namespace pretag
