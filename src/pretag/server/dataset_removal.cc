#include "pretag/server/dataset_removal.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <mutex>
#include <thread>

#include "pretag/server/predicted_classes.h"

namespace pretag {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t kRowsAtATime = 2'000;  // tens of milliseconds
constexpr Clock::duration kLongest = std::chrono::minutes(1), kLongestPause = std::chrono::milliseconds(500);

// Removes rows, and says how many they were.
using RemoveSome = std::function<Result<int64_t>(SqlConnection& sql)>;

Result<int64_t> remove_batch(SqlDatabase& database, const RemoveSome& remove_some) {
  PRETAG_ASSIGN(const auto sql, database.connect());
  return remove_some(*sql);
}

// Removes rows until none is left, or it is time to stop: which of the two.
Result<bool> remove_all(SqlDatabase& database, const RemoveSome& remove_some, Clock::time_point until) {
  for (;;) {
    const auto begin = Clock::now();
    if (begin >= until) return false;
    PRETAG_ASSIGN(const int64_t removed, remove_batch(database, remove_some));
    if (removed == 0) return true;
    // Others have as long: SQLite gives the database to whoever asks first, and they ask now and then.
    std::this_thread::sleep_for(std::min(Clock::now() - begin, kLongestPause));
  }
}

Result<bool> remove_rows(SqlDatabase& database, const std::string& dataset, Clock::time_point until) {
  for (const Table table : {Table::kTags, Table::kSamples, Table::kEmbeddings, Table::kPredictionTasks,
                            Table::kPredictions, Table::kScores, Table::kMetadata}) {
    const RemoveSome remove_some = [&](SqlConnection& sql) {
      return remove_some_children(sql, table, dataset, kRowsAtATime);
    };
    PRETAG_ASSIGN(const bool all, remove_all(database, remove_some, until));
    if (!all) return false;
  }
  const RemoveSome remove_some = [&](SqlConnection& sql) {
    return remove_some_predicted_classes(sql, dataset, kRowsAtATime);
  };
  return remove_all(database, remove_some, until);
}

// Empty: there is none.
Result<std::string> next_disowned(SqlDatabase& database, const std::string& first) {
  PRETAG_ASSIGN(const auto sql, database.connect());
  PRETAG_ASSIGN(auto dataset, find(*sql, Table::kDatasets, first));
  if (!dataset || !dataset->owner.empty()) {
    PRETAG_ASSIGN(dataset, find_first(*sql, Table::kDatasets, {.owner = ""}));
  }
  return dataset ? dataset->id : std::string();
}

Status forget_dataset(SqlDatabase& database, const std::string& dataset) {
  PRETAG_ASSIGN(const auto sql, database.connect());
  return remove(*sql, Table::kDatasets, dataset);
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

Status remove_disowned_datasets(ServerContext& server, const std::string& first) {
  const std::unique_lock alone(server.dataset_removal(), std::try_to_lock);
  if (!alone) return {};
  const Clock::time_point until = Clock::now() + kLongest;
  for (;;) {
    PRETAG_ASSIGN(const std::string dataset, next_disowned(server.database(), first));
    if (dataset.empty()) return {};
    PRETAG_ASSIGN(const bool all, remove_rows(server.database(), dataset, until));
    if (!all) return {};
    PRETAG_TRY(forget_dataset(server.database(), dataset));
    for (const char* kind : {"embeddings/", "samples/"}) server.files().remove(kind + dataset);
  }
}

}  // namespace pretag
