// The server's database as an SQLite file.
#pragma once

#include <memory>
#include <string>

#include "pretag/server/sql.h"

namespace pretag {

// Opens or creates it, in WAL mode, so that readers do not wait for the writer. ":memory:" is a database of its own
// with a single connection, for tests. Errors as in store/sqlite.h.
Result<std::unique_ptr<SqlDatabase>> open_sqlite(const std::string& path);

}  // namespace pretag
