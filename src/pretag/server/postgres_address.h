// Which PostgreSQL database, and what to call it where people read it.
#pragma once

#include <string>
#include <string_view>

#include "pretag/util/result.h"

namespace pretag {

struct PostgresAddress {
  std::string url;  // with the password, if it is in there: for libpq alone
  std::string
      name;  // "PostgreSQL database pretag at db.example.org:5432", as far as the address says; never a password
};

// "postgresql://…" or "postgres://…".
bool is_postgres_url(std::string_view text);
// The addresses of libpq (PostgreSQL manual, 34.1.1.2). What they leave out comes from PGHOST, PGPASSWORD, ~/.pgpass,
// ~/.pg_service.conf … as for every program on libpq. kInvalidArgument, in words that do not repeat the address.
Result<PostgresAddress> parse_postgres_url(const std::string& url);

}  // namespace pretag
