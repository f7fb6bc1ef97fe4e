#include "pretag/server/server_context.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <random>

#include "pretag/io/file_system.h"
#include "pretag/server/leases.h"
#include "pretag/server/postgres_address.h"
#include "pretag/server/records.h"
#include "pretag/server/schema.h"
#include "pretag/server/sql_postgres.h"
#include "pretag/server/sql_sqlite.h"

namespace pretag {
namespace {

Result<std::unique_ptr<SqlDatabase>> open_database(const std::string& where) {
  if (is_postgres_url(where)) return open_postgres(where);
  // What an address begins with is shown, the rest may have a password.
  if (const size_t scheme = where.find("://"); scheme != std::string::npos) {
    return Error{ErrorCode::kInvalidArgument,
                 "'" + where.substr(0, scheme) +
                     "://...': no database that pretag knows; give the path of an SQLite file "
                     "or postgresql://user@host:5432/name"};
  }
  return open_sqlite(where);
}

// Links by a role end with it, and people keep them for a while: at the least it is good for this long, of its hour.
constexpr int64_t kRoleSeconds = 3000;

// Where several servers share a database, what they add in the same millisecond should not have the same position.
int64_t position_offset() {
  std::random_device random;
  return std::uniform_int_distribution<int64_t>(0, 999)(random);
}

}  // namespace

ServerContext::ServerContext(std::unique_ptr<SqlDatabase> database, ServerKey key, const std::string& files_folder,
                             ServerSettings settings, Now now)
    : database_(std::move(database)),
      key_(std::move(key)),
      files_(files_folder, key_),
      settings_(std::move(settings)),
      now_(std::move(now)),
      http_(make_http_client({.ca_file = settings_.ca_file})),
      outage_(settings_.lease_ms / 3, now_ms()),
      own_credentials_(settings_.aws_credentials ? settings_.aws_credentials(*http_) : nullptr) {}

std::shared_ptr<CredentialsProvider> ServerContext::credentials_of(const AwsRole& role) const {
  if (own_credentials_ == nullptr) return nullptr;
  const std::string name = role.arn + '\n' + role.external_id + '\n' + role.region;
  constexpr size_t kMost = 1000;
  const std::lock_guard lock(roles_mutex_);
  if (roles_.size() > kMost) roles_.clear();
  std::shared_ptr<CredentialsProvider>& known = roles_[name];
  if (known == nullptr) {
    known = assumed_role(
        role, own_credentials_, *http_, [this] { return now_ms() / 1000; }, kRoleSeconds);
  }
  return known;
}

int64_t ServerContext::next_position() {
  static const int64_t offset = position_offset();
  const int64_t now = now_ms() * 1000 + offset;
  int64_t last = last_position_.load();
  int64_t next = 0;
  do {
    next = std::max(now, last + 1);
  } while (!last_position_.compare_exchange_weak(last, next));
  return next;
}

int64_t wall_clock_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Result<std::unique_ptr<ServerContext>> open_server(const std::string& data_folder, const std::string& database,
                                                   ServerSettings settings) {
  PRETAG_TRY(local_file_system().make_directories(data_folder));
  std::error_code failed;
  std::filesystem::permissions(data_folder, std::filesystem::perms::owner_all, failed);
  if (failed) return Error{ErrorCode::kIo, data_folder + ": cannot be made private (" + failed.message() + ")"};
  PRETAG_ASSIGN(ServerKey key, ServerKey::load_or_create(data_folder + "/server.key"));
  PRETAG_ASSIGN(auto sql, open_database(database.empty() ? data_folder + "/server.db" : database));
  int64_t position = 0;
  {
    PRETAG_ASSIGN(const auto connection, sql->connect());
    PRETAG_TRY(migrate(*connection));
    PRETAG_ASSIGN(position, greatest_position(*connection));
  }
  auto context = std::make_unique<ServerContext>(std::move(sql), std::move(key), data_folder + "/files",
                                                 std::move(settings), wall_clock_ms);
  context->continue_after(position);
  return context;
}

}  // namespace pretag
