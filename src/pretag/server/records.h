// What the API keeps: rows that carry a JSON document, with columns for what is searched and sorted by. For this layer.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/server/sql.h"

namespace pretag {

// What `owner` is: always the user's id. What `parent`, `name` and `state` are, by table:
enum class Table : size_t {
  kDatasets,         // parent: "", name: the dataset's; the document has nSamples; owner: "" while it is being deleted
  kAccess,           // parent: dataset, name: the user's name that it is shared with
  kDatasources,      // parent: dataset, name: purpose
  kWorkers,          // parent: user, name: the worker's; state
  kConfigs,          // parent: user, state: version (V0 …)
  kSchedules,        // parent: dataset, name: the worker that has the lock; state; expires_at: of the lock
  kRuns,             // parent: dataset or "", name: scheduled run or ""; state
  kRunLogs,          // parent: run
  kArtifacts,        // parent: run, name: type/fileName; state: "" until confirmed, then "confirmed"
  kTags,             // parent: dataset, name: the tag's; state: how many samples it has, "" from earlier builds
  kSamples,          // parent: dataset, name: file name, position: index in bit masks
  kEmbeddings,       // parent: dataset, name: the embedding's; state: "" until processed, then "processed"
  kPredictionTasks,  // parent: dataset, name: "<timestamp>/<task>"
  kPredictions,      // parent: dataset, name: "<timestamp>/<sample>"
  kScores,           // parent: dataset, name: "<timestamp>/<task>/<score type>" or "tag/<tag>/<score type>",
                     // state: the score type, "" from earlier builds
  kMetadata,         // parent: dataset
};
inline constexpr std::array kTableNames = {"datasets",         "access",      "datasources", "workers",
                                           "configs",          "schedules",   "runs",        "run_logs",
                                           "artifacts",        "tags",        "samples",     "embeddings",
                                           "prediction_tasks", "predictions", "scores",      "metadata_configurations"};

struct Record {
  std::string id{}, owner{}, parent{}, name{}, state{};
  int64_t position = 0;                                     // the order of lists
  int64_t created_at = 0, modified_at = 0, expires_at = 0;  // unix ms
  nlohmann::json document = nlohmann::json::object();
};

// Part of a list. `size` < 0: all of it.
struct Page {
  int64_t offset = 0, size = -1;
};

// Both ends belong to it.
struct Positions {
  int64_t first = 0, last = INT64_MAX;
};

// Only what is set counts.
struct RecordFilter {
  std::optional<std::string_view> owner{}, parent{}, name{}, state{};
  std::optional<std::string_view> name_prefix{};
  std::optional<Positions> positions{};
  std::optional<int64_t> expires_before{};
  bool newest_first = false;
  bool without_documents = false;  // they are empty objects; some are megabytes
  Page page{};
};

Status insert(SqlConnection& sql, Table table, const Record& record);
Result<std::optional<Record>> find(SqlConnection& sql, Table table, std::string_view id);
// The first in the order of the filter.
Result<std::optional<Record>> find_first(SqlConnection& sql, Table table, const RecordFilter& filter);
// Writes everything but id, owner, parent and created_at, provided that the state is still `expected`. False: it is
// not, or there is no such record any more.
Result<bool> update_if(SqlConnection& sql, Table table, const Record& record, std::string_view expected_state);
// The same whatever the state is.
Result<bool> update(SqlConnection& sql, Table table, const Record& record);
Status remove(SqlConnection& sql, Table table, std::string_view id);
Status remove_children(SqlConnection& sql, Table table, std::string_view parent);
// `most` of them at most, and how many they were.
Result<int64_t> remove_some_children(SqlConnection& sql, Table table, std::string_view parent, int64_t most);

Status visit(SqlConnection& sql, Table table, const RecordFilter& filter, const std::function<Status(Record&&)>& take);
Result<std::vector<Record>> list(SqlConnection& sql, Table table, const RecordFilter& filter);
// Ids, names and positions alone, in order: documents are not read. Views are good until `take` returns.
Status visit_names(SqlConnection& sql, Table table, std::string_view parent, Positions positions,
                   const std::function<Status(std::string_view id, std::string_view name, int64_t position)>& take);
Result<int64_t> count(SqlConnection& sql, Table table, const RecordFilter& filter);
// Of all tables; 0 if they are empty.
Result<int64_t> greatest_position(SqlConnection& sql);

}  // namespace pretag
