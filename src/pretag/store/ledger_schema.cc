#include "pretag/store/ledger_schema.h"

#include <fmt/format.h>

namespace pretag {
namespace {

constexpr int64_t kApplicationId = 0x50544147;  // "PTAG"; file(1) and we recognise a ledger by it
constexpr int64_t kVersion = 4;

// Strings compare as bytes (BINARY is SQLite's default). What changes for every image is small and indexed; what is
// large is in a table of its own, so that resuming and counting never read it. The partial indexes shrink as the run
// goes on: finding the next pending image does not pass by the finished ones.
constexpr char kTables[] = R"sql(
CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE labels (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE images (
  id INTEGER PRIMARY KEY,
  filename TEXT NOT NULL UNIQUE CHECK (filename <> ''),
  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),
  reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX pending_images ON images (filename) WHERE state = 0;
CREATE INDEX failed_images ON images (filename) WHERE state = 2;
CREATE TABLE results (
  image_id INTEGER PRIMARY KEY REFERENCES images (id),
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  content_hash TEXT NOT NULL,
  luminance REAL NOT NULL,
  sharpness REAL NOT NULL,
  snr REAL NOT NULL,
  uniform_row_ratio REAL NOT NULL,
  detections BLOB NOT NULL,
  embedding BLOB NOT NULL
) STRICT;
)sql";

// Since version 2. Apart from the results, which most readers want without them.
constexpr char kObjectEmbeddings[] = R"sql( TABLE object_embeddings (
  image_id INTEGER PRIMARY KEY REFERENCES images (id),
  columns INTEGER NOT NULL,
  embeddings BLOB NOT NULL
) STRICT;
)sql";

// Since version 3.
constexpr char kOwnEmbeddings[] = R"sql( TABLE own_embeddings (
  image_id INTEGER PRIMARY KEY REFERENCES images (id),
  embedding BLOB NOT NULL
) STRICT;
)sql";

// Since version 4. Boxes of predictions that users brought along, and their embeddings.
constexpr char kRegions[] = R"sql( TABLE regions (
  image_id INTEGER PRIMARY KEY REFERENCES images (id),
  boxes BLOB NOT NULL,
  columns INTEGER NOT NULL,
  embeddings BLOB NOT NULL
) STRICT;
)sql";

Result<bool> is_empty(Database& database) {
  PRETAG_ASSIGN(const int64_t tables, database.integer("SELECT count(*) FROM sqlite_schema"));
  PRETAG_ASSIGN(const int64_t id, database.integer("PRAGMA application_id"));
  return tables == 0 && id == 0;
}

// The tables that a ledger of this version lacks, each after `create`.
std::string missing_tables(int64_t version, std::string_view create) {
  std::string statements;
  if (version < 2) statements += fmt::format("{} {}", create, kObjectEmbeddings);
  if (version < 3) statements += fmt::format("{} {}", create, kOwnEmbeddings);
  if (version < 4) statements += fmt::format("{} {}", create, kRegions);
  return statements;
}

Status create_tables(Database& database) {
  PRETAG_ASSIGN(Transaction transaction, Transaction::begin(database));
  PRETAG_TRY(database.execute(kTables + missing_tables(1, "CREATE")));
  PRETAG_TRY(
      database.execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplicationId, kVersion)));
  return transaction.commit();
}

Status upgrade(Database& database, int64_t version) {
  PRETAG_ASSIGN(Transaction transaction, Transaction::begin(database));
  PRETAG_TRY(database.execute(fmt::format("{} PRAGMA user_version = {}", missing_tables(version, "CREATE"), kVersion)));
  return transaction.commit();
}

// The version of the tables, one that this program knows.
Result<int64_t> known_version(Database& database) {
  PRETAG_ASSIGN(const int64_t id, database.integer("PRAGMA application_id"));
  if (id != kApplicationId) {
    return Error{ErrorCode::kCorrupt, database.path() + ": not a pretag ledger; name another run folder"};
  }
  PRETAG_ASSIGN(const int64_t version, database.integer("PRAGMA user_version"));
  if (version > kVersion) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("{}: made by a newer pretag (ledger version {}, this one knows {}); update pretag",
                             database.path(), version, kVersion)};
  }
  if (version < 1) return Error{ErrorCode::kCorrupt, database.path() + ": damaged (no ledger version)"};
  return version;
}

}  // namespace

Status create_or_upgrade_schema(Database& database) {
  PRETAG_ASSIGN(const bool empty, is_empty(database));
  if (empty) return create_tables(database);
  PRETAG_ASSIGN(const int64_t version, known_version(database));
  return version < kVersion ? upgrade(database, version) : Status();
}

Status check_schema(Database& database) {
  PRETAG_ASSIGN(const int64_t version, known_version(database));
  if (version >= kVersion) return {};
  return database.execute("PRAGMA temp_store = MEMORY; " + missing_tables(version, "CREATE TEMPORARY"));
}

}  // namespace pretag
