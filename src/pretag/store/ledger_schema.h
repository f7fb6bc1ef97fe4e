// The tables of the ledger and their version.
#pragma once

#include "pretag/store/sqlite.h"

namespace pretag {

// What an image's row says became of it.
enum class ImageState : int { kPending = 0, kDone = 1, kFailed = 2 };

// Makes the tables in an empty database, and adds those that a ledger of an older version lacks. kCorrupt where it is
// something else (which is then left as it was) or of a newer pretag.
Status create_or_upgrade_schema(Database& database);
// For reading: an empty database is not a ledger. One of an older version stays as it is on the disk, but answers every
// query of this version, as empty tables take the place of what it lacks.
Status check_schema(Database& database);

}  // namespace pretag
