// What PostgreSQL says went wrong, in the codes that SQLite's errors have. For postgres_connection.cc.
#pragma once

#include <string>
#include <string_view>

#include "pretag/util/result.h"

namespace pretag {

// `state`: the five characters of SQLSTATE (PostgreSQL manual, appendix A); empty where the server said nothing, since
// the connection broke. `message`: in whatever language and lines; `name`: of the database.
Error postgres_error(const std::string& name, std::string_view state, std::string_view message);

}  // namespace pretag
