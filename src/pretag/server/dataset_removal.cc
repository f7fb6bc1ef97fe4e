#include "pretag/server/dataset_removal.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>

#include "pretag/server/predicted_classes.h"

namespace pretag {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kRowsAtATime = 2'000;  // tens of milliseconds
constexpr Clock::duration kLongest = std::chrono::minutes(1), kLongestPause = std::chrono::milliseconds(500);

// Removes rows until none is left, or it is time to stop: which of the two.
Result<bool> remove_all(const std::function<Result<int64_t>()>& remove_some, Clock::time_point until) {
  for (;;) {
    const auto begin = Clock::now();
    if (begin >= until) return false;
    PRETAG_ASSIGN(const int64_t removed, remove_some());
    if (removed == 0) return true;
    // Others have as long: SQLite gives the database to whoever asks first, and they ask now and then.
    std::this_thread::sleep_for(std::min(Clock::now() - begin, kLongestPause));
  }
}

Result<bool> remove_rows(SqlConnection& sql, const std::string& dataset, Clock::time_point until) {
  for (const Table table : {Table::kTags, Table::kSamples, Table::kEmbeddings, Table::kPredictionTasks,
                            Table::kPredictions, Table::kScores, Table::kMetadata}) {
    PRETAG_ASSIGN(const bool all,
                  remove_all([&] { return remove_some_children(sql, table, dataset, kRowsAtATime); }, until));
    if (!all) return false;
  }
  return remove_all([&] { return remove_some_predicted_classes(sql, dataset, kRowsAtATime); }, until);
}

}  // namespace

Status disown_dataset(const Call& call, const Record& dataset) {
  for (const Table table : {Table::kAccess, Table::kDatasources, Table::kSchedules}) {
    PRETAG_TRY(remove_children(call.sql, table, dataset.id));
  }
  Record nobodys = dataset;
  nobodys.owner.clear();
  PRETAG_TRY(remove(call.sql, Table::kDatasets, dataset.id));
  return insert(call.sql, Table::kDatasets, nobodys);
}

Status remove_disowned_datasets(const Call& call, const std::string& first) {
  const Clock::time_point until = Clock::now() + kLongest;
  PRETAG_ASSIGN(auto datasets, list(call.sql, Table::kDatasets, {.owner = ""}));
  std::stable_partition(datasets.begin(), datasets.end(), [&](const Record& dataset) { return dataset.id == first; });
  for (const Record& dataset : datasets) {
    PRETAG_ASSIGN(const bool all, remove_rows(call.sql, dataset.id, until));
    if (!all) return {};
    PRETAG_TRY(remove(call.sql, Table::kDatasets, dataset.id));
    for (const char* kind : {"embeddings/", "samples/"}) call.server.files().remove(kind + dataset.id);
  }
  return {};
}

}  // namespace pretag
