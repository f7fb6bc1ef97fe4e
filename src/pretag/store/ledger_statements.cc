#include "pretag/store/ledger_statements.h"

#include <string>

namespace pretag {
namespace {

const std::string kResultColumns =
    "filename, width, height, bytes, content_hash, luminance, sharpness, snr, uniform_row_ratio, detections, "
    "CASE WHEN ?3 THEN own_embeddings.embedding ELSE results.embedding END, own_embeddings.embedding IS x''";
const std::string kResultTables =
    "images JOIN results ON results.image_id = id LEFT JOIN own_embeddings ON ?3 AND own_embeddings.image_id = id";
const std::string kPage = " filename > ?1 ORDER BY filename LIMIT ?2";

}  // namespace

Result<LedgerStatements> LedgerStatements::prepare(Database& database) {
  LedgerStatements all;
  PRETAG_ASSIGN(all.set_fact, database.prepare("INSERT INTO facts VALUES (?1, ?2) "
                                               "ON CONFLICT (key) DO UPDATE SET value = excluded.value"));
  PRETAG_ASSIGN(all.get_fact, database.prepare("SELECT value FROM facts WHERE key = ?1"));
  PRETAG_ASSIGN(all.add_label, database.prepare("INSERT INTO labels VALUES (?1, ?2)"));
  PRETAG_ASSIGN(all.add_input, database.prepare("INSERT INTO images (filename, state) VALUES (?1, 0) "
                                                "ON CONFLICT (filename) DO NOTHING"));
  PRETAG_ASSIGN(all.add_unopened,
                database.prepare("INSERT INTO images (filename, state, reason) VALUES (?1, 2, ?2) "
                                 "ON CONFLICT (filename) DO UPDATE SET state = 2, reason = excluded.reason "
                                 "WHERE state <> 1"));
  PRETAG_ASSIGN(all.set_state, database.prepare("INSERT INTO images (filename, state, reason) VALUES (?1, ?2, ?3) "
                                                "ON CONFLICT (filename) DO UPDATE SET state = excluded.state, "
                                                "reason = excluded.reason RETURNING id"));
  PRETAG_ASSIGN(
      all.set_result,
      database.prepare("INSERT OR REPLACE INTO results VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"));
  PRETAG_ASSIGN(all.drop_result, database.prepare("DELETE FROM results WHERE image_id = ?1"));
  PRETAG_ASSIGN(all.set_objects, database.prepare("INSERT OR REPLACE INTO object_embeddings VALUES (?1, ?2, ?3)"));
  PRETAG_ASSIGN(all.drop_objects, database.prepare("DELETE FROM object_embeddings WHERE image_id = ?1"));
  PRETAG_ASSIGN(all.set_regions, database.prepare("INSERT OR REPLACE INTO regions VALUES (?1, ?2, ?3, ?4)"));
  PRETAG_ASSIGN(all.drop_regions, database.prepare("DELETE FROM regions WHERE image_id = ?1"));
  PRETAG_ASSIGN(all.pending_page, database.prepare("SELECT filename FROM images WHERE state = 0 AND" + kPage));
  PRETAG_ASSIGN(all.failure_page, database.prepare("SELECT filename, reason FROM images WHERE state = 2 AND" + kPage));
  PRETAG_ASSIGN(all.result_page,
                database.prepare("SELECT " + kResultColumns + " FROM " + kResultTables + " WHERE" + kPage));
  PRETAG_ASSIGN(all.whole_page, database.prepare("SELECT " + kResultColumns +
                                                 ", object_embeddings.columns, object_embeddings.embeddings, "
                                                 "regions.boxes, regions.columns, regions.embeddings FROM " +
                                                 kResultTables +
                                                 " LEFT JOIN object_embeddings ON object_embeddings.image_id = id "
                                                 "LEFT JOIN regions ON regions.image_id = id WHERE" +
                                                 kPage));
  PRETAG_ASSIGN(
      all.own_page,
      database.prepare("SELECT filename, embedding FROM images JOIN own_embeddings ON image_id = id WHERE" + kPage));
  PRETAG_ASSIGN(all.add_own, database.prepare("INSERT OR REPLACE INTO own_embeddings "
                                              "SELECT id, ?2 FROM images WHERE filename = ?1"));
  PRETAG_ASSIGN(all.forget_own, database.prepare("DELETE FROM own_embeddings"));
  PRETAG_ASSIGN(all.forget_own_of_failures, database.prepare("DELETE FROM own_embeddings WHERE image_id IN "
                                                             "(SELECT id FROM images WHERE state = 2)"));
  PRETAG_ASSIGN(all.forget_failures, database.prepare("DELETE FROM images WHERE state = 2"));
  return all;
}

}  // namespace pretag
