// The tables of the ledger and their version.
#pragma once

#include "pretag/store/sqlite.h"

namespace pretag {

// What an image's row says became of it.
enum class ImageState : int { kPending = 0, kDone = 1, kFailed = 2 };

// Makes the tables in an empty database; otherwise checks that it is a ledger of this version. kCorrupt where it is
// something else (which is then left as it was) or of a newer pretag.
Status create_or_check_schema(Database& database);
// The check alone: an empty database is not a ledger.
Status check_schema(Database& database);

}  // namespace pretag
