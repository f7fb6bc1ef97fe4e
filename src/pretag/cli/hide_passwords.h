// Everybody on a machine can read the arguments of its programs.
#pragma once

#include <span>

namespace pretag {

// Overwrites passwords in addresses of PostgreSQL databases with '*', in place: ps shows them no more. For a moment at
// the start it did; PGPASSWORD and ~/.pgpass avoid even that.
void hide_passwords(std::span<char*> arguments);

}  // namespace pretag
