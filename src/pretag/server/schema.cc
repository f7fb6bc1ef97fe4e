#include "pretag/server/schema.h"

#include <fmt/format.h>

#include <array>

#include "pretag/server/predicted_classes.h"
#include "pretag/server/records.h"

namespace pretag {
namespace {

constexpr int64_t kVersion = 2;

constexpr char kAccounts[] = R"sql(
CREATE TABLE users (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at BIGINT NOT NULL);
CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id),
  label TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT NOT NULL DEFAULT 0
);
)sql";

// All tables of records are alike (records.h). The indexes serve "of this dataset, in order", "of this user, in order"
// and "the one with this name".
constexpr char kRecords[] = R"sql(
CREATE TABLE {0} (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  parent TEXT NOT NULL,
  name TEXT NOT NULL,
  state TEXT NOT NULL,
  position BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  modified_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  document TEXT NOT NULL
);
CREATE INDEX {0}_by_owner ON {0} (owner, position);
CREATE INDEX {0}_by_parent ON {0} (parent, position);
CREATE INDEX {0}_by_name ON {0} (parent, name);
)sql";

Status first_version(SqlConnection& sql) {
  PRETAG_TRY(sql.execute(kAccounts));
  for (const char* table : kTableNames) PRETAG_TRY(sql.execute(fmt::format(kRecords, table)));
  return sql.execute("UPDATE schema_version SET version = 1");
}

// Images are listed by class and score.
Status second_version(SqlConnection& sql) {
  PRETAG_TRY(create_predicted_classes(sql));
  PRETAG_TRY(fill_predicted_classes(sql));
  return sql.execute("UPDATE schema_version SET version = 2");
}

Result<int64_t> version_of(SqlConnection& sql) {
  int64_t version = -1;
  PRETAG_TRY(sql.query("SELECT version FROM schema_version", {},
                       [&](const SqlRow& row) { return version = row.integer(0), Status(); }));
  return version;
}

}  // namespace

Status migrate(SqlConnection& sql) {
  PRETAG_ASSIGN(SqlTransaction transaction, SqlTransaction::begin(sql));
  PRETAG_TRY(sql.execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)"));
  PRETAG_ASSIGN(int64_t version, version_of(sql));
  if (version < 0) {
    PRETAG_TRY(sql.execute("INSERT INTO schema_version VALUES (0)"));
    version = 0;
  }
  if (version > kVersion) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("the database was made by a newer pretag (version {}, this one knows {}); update pretag",
                             version, kVersion)};
  }
  if (version < 1) PRETAG_TRY(first_version(sql));
  if (version < 2) PRETAG_TRY(second_version(sql));
  return transaction.commit();
}

}  // namespace pretag
