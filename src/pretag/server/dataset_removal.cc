#include "pretag/server/dataset_removal.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <thread>

#include "pretag/server/predicted_classes.h"

namespace pretag {
namespace {

constexpr int64_t kRowsAtATime = 2'000;  // tens of milliseconds

Status remove_all(const std::function<Result<int64_t>()>& remove_some) {
  using Clock = std::chrono::steady_clock;
  constexpr Clock::duration kLongestPause = std::chrono::milliseconds(500);
  for (;;) {
    const auto begin = Clock::now();
    PRETAG_ASSIGN(const int64_t removed, remove_some());
    if (removed == 0) return {};
    // Others have as long: SQLite gives the database to whoever asks first, and they ask now and then.
    std::this_thread::sleep_for(std::min(Clock::now() - begin, kLongestPause));
  }
}

Status remove_rows(SqlConnection& sql, const std::string& dataset) {
  for (const Table table : {Table::kTags, Table::kSamples, Table::kEmbeddings, Table::kPredictionTasks,
                            Table::kPredictions, Table::kScores, Table::kMetadata}) {
    PRETAG_TRY(remove_all([&] { return remove_some_children(sql, table, dataset, kRowsAtATime); }));
  }
  return remove_all([&] { return remove_some_predicted_classes(sql, dataset, kRowsAtATime); });
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

Status remove_disowned_datasets(const Call& call) {
  PRETAG_ASSIGN(const auto datasets, list(call.sql, Table::kDatasets, {.owner = ""}));
  for (const Record& dataset : datasets) {
    PRETAG_TRY(remove_rows(call.sql, dataset.id));
    PRETAG_TRY(remove(call.sql, Table::kDatasets, dataset.id));
    for (const char* kind : {"embeddings/", "samples/"}) call.server.files().remove(kind + dataset.id);
  }
  return {};
}

}  // namespace pretag
