// The server's database in PostgreSQL, for several servers at a time, or where databases are looked after already.
#pragma once

#include <memory>
#include <string>

#include "pretag/server/sql.h"

namespace pretag {

// `url`: see postgres_address.h. Connects once, to say now what is wrong. Each lease is a connection of a pool; one
// that broke is replaced, so that after a restart of PostgreSQL only the requests at hand fail, with kIo. Connecting
// takes 5 seconds at most for each of its addresses. Tables are in the first schema of the user's search_path.
Result<std::unique_ptr<SqlDatabase>> open_postgres(const std::string& url);

}  // namespace pretag
