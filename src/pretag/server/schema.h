// The tables of the server's database and how older ones become newer ones.
#pragma once

#include "pretag/server/sql.h"

namespace pretag {

// Brings the database to this version, each step in a transaction of its own. kCorrupt where it was made by a newer
// pretag or is not a server's. Two servers that start together do it once.
Status migrate(SqlConnection& sql);

}  // namespace pretag
