#include "pretag/server/postgres_address.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <memory>

namespace pretag {
namespace {

using Options = std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)>;

std::string value_of(const Options& options, std::string_view keyword) {
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->keyword == keyword) return option->val == nullptr ? "" : option->val;
  }
  return "";
}

}  // namespace

bool is_postgres_url(std::string_view text) {
  return text.starts_with("postgresql://") || text.starts_with("postgres://");
}

Result<PostgresAddress> parse_postgres_url(const std::string& url) {
  // libpq's own words would quote the address, and with it the password.
  const Error wrong{ErrorCode::kInvalidArgument,
                    "the address of the database is not as in postgresql://user@host:5432/name?sslmode=require; write "
                    "@ : / ? # % in a user name or password as %40 %3A %2F %3F %23 %25"};
  const Options options(is_postgres_url(url) ? PQconninfoParse(url.c_str(), nullptr) : nullptr, PQconninfoFree);
  if (options == nullptr) return wrong;
  const std::string host = value_of(options, "host"), port = value_of(options, "port"),
                    database = value_of(options, "dbname");
  // A password with a bare @ or / ends up in one of these.
  if (host.find('@') != std::string::npos || database.find('@') != std::string::npos) return wrong;
  if (port.find_first_not_of("0123456789,") != std::string::npos) return wrong;
  PostgresAddress address{url, "PostgreSQL database"};
  if (!database.empty()) address.name += " " + database;
  if (!host.empty()) address.name += fmt::format(" at {}{}{}", host, port.empty() ? "" : ":", port);
  return address;
}

}  // namespace pretag
