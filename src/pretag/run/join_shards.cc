#include "pretag/run/join_shards.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <system_error>
#include <vector>

#include "pretag/io/file_system.h"
#include "pretag/run/run_folder.h"
#include "pretag/run/run_identity.h"
#include "pretag/run/run_timer.h"
#include "pretag/run/selection_pass.h"

namespace pretag {
namespace {

// The facts that every shard has, and that are the whole run's as well.
Status copy_facts(const Ledger& shard, Ledger& whole) {
  for (const char* key : {kLightlyFolderFact, kOutputClassesFact, kModelClassesFact, kScoreThresholdFact}) {
    PRETAG_ASSIGN(const auto value, shard.fact(key));
    if (value) PRETAG_TRY(whole.set_fact(key, *value));
  }
  return {};
}

// Adds everything that a shard knows of its images to the whole, batch by batch.
class Joiner {
 public:
  Joiner(Ledger& whole, int64_t images, ProgressSink& progress, const std::atomic<bool>& cancel)
      : whole_(whole), progress_(progress), cancel_(cancel), state_{.total = images} {
    progress_.started("Joining the shards", state_);
  }

  Status join(const Ledger& part, const Shard& shard) {
    PRETAG_TRY(part.for_each_whole_result([&](const ImageResult& result) {
      objects_ += result.detections.size() + result.regions.size();
      results_.push_back(result);
      return write_if_many();
    }));
    PRETAG_TRY(part.for_each_failure([&](const ImageFailure& failure) -> Status {
      // Every shard tells of what it could not look at while it listed the input. Whether a file was mended since, only
      // the one knows that the file belongs to, and that was run again.
      if (!failure.filename.ends_with('/') && !shard.holds(failure.filename)) return {};
      failures_.push_back(failure);
      return write_if_many();
    }));
    return write();
  }

  void finish() { progress_.finished(); }

 private:
  Status write_if_many() {
    constexpr size_t kBatch = 1000, kMostObjects = 20'000;  // each may have an embedding
    return results_.size() + failures_.size() < kBatch && objects_ < kMostObjects ? Status() : write();
  }

  Status write() {
    if (cancel_) return Error{ErrorCode::kCancelled, "merging was stopped"};
    PRETAG_TRY(whole_.record(results_, failures_));
    state_.done += static_cast<int64_t>(results_.size());
    state_.failed += static_cast<int64_t>(failures_.size());
    results_.clear();
    failures_.clear();
    objects_ = 0;
    progress_.advanced(state_);
    return {};
  }

  Ledger& whole_;
  ProgressSink& progress_;
  const std::atomic<bool>& cancel_;
  Progress state_;
  std::vector<ImageResult> results_;
  std::vector<ImageFailure> failures_;
  size_t objects_ = 0;  // of results_
};

// Where the shards are joined, beside the ledger whose place it takes when it is whole.
std::string unfinished(const std::string& ledger_path) { return ledger_path + ".merging"; }

void remove_ledger(const std::string& path) {
  std::error_code ignored;
  for (const char* end : {"", "-wal", "-shm", "-journal"}) std::filesystem::remove(path + end, ignored);
}

// The ledger of an earlier merge; null where there is none. kConflict if it is of another run; kUnavailable if somebody
// works in it.
Result<std::unique_ptr<Ledger>> ledger_before(const std::string& path, const RunIdentity& identity) {
  if (!local_file_system().exists(path)) return std::unique_ptr<Ledger>();
  PRETAG_ASSIGN(auto ledger, Ledger::open(path));
  PRETAG_TRY(claim_ledger(*ledger, identity));
  return ledger;
}

// Nobody can come between while both are open, and no log of the old one is left for the new.
Status replace(Ledger* before, Ledger& whole, const std::string& path) {
  if (before != nullptr) PRETAG_TRY(before->settle());
  PRETAG_TRY(whole.settle());
  std::error_code failure;
  std::filesystem::rename(unfinished(path), path, failure);
  return failure ? Status(Error{ErrorCode::kIo, path + ": " + failure.message()}) : Status();
}

// Embeddings of the user's; `fact` is what every shard knows of them.
Status join_own_embeddings(const RunOutputs& outputs, const ShardedRun& run, const std::string& fact, Ledger& whole) {
  return whole.replace_own_embeddings([&](OwnEmbeddingsAdder& adder) -> Result<std::string> {
    for (const Shard& shard : run.shards) {
      PRETAG_ASSIGN(const auto part, open_run_to_read(shard_folder(outputs.folder, shard)));
      PRETAG_TRY(part->for_each_own_embedding([&](const OwnEmbedding& own) { return adder.add(own); }));
    }
    PRETAG_ASSIGN(const int64_t images, adder.count());
    if (images > 0) return fact;
    return Error{
        ErrorCode::kInvalidArgument,
        "no row of the file of 'embeddings' is of an image of this run; images are named by their path below the "
        "input folder"};
  });
}

}  // namespace

Result<LedgerCounts> join_shards(const RunOutputs& outputs, const ShardedRun& run, const ShardFacts& facts,
                                 ProgressSink& progress, const std::atomic<bool>& cancel) {
  const std::string path = outputs.path(kLedgerFile);
  PRETAG_ASSIGN(const auto before, ledger_before(path, run.identity));
  LedgerCounts known;
  if (before) {
    PRETAG_ASSIGN(known, before->counts());
  }
  remove_ledger(unfinished(path));
  PRETAG_ASSIGN(const auto ledger, Ledger::open(unfinished(path)));
  PRETAG_TRY(claim_ledger(*ledger, run.identity));
  Joiner joiner(*ledger, facts.images, progress, cancel);
  for (const Shard& shard : run.shards) {
    PRETAG_ASSIGN(const auto part, open_run_to_read(shard_folder(outputs.folder, shard)));
    if (shard.number == 1) PRETAG_TRY(copy_facts(*part, *ledger));
    PRETAG_TRY(joiner.join(*part, shard));
  }
  joiner.finish();
  PRETAG_TRY(ledger->set_fact(kEmbeddedTasksFact, nlohmann::json(facts.embedded_tasks).dump()));
  if (!facts.embeddings.empty()) PRETAG_TRY(join_own_embeddings(outputs, run, facts.embeddings, *ledger));
  PRETAG_TRY(set_work_done(*ledger, facts.work));
  PRETAG_ASSIGN(const LedgerCounts counts, ledger->counts());
  if (counts.total() == 0) {
    return Error{ErrorCode::kNotFound, run.identity.at(kInputFolder) + ": the shards found no images or videos"};
  }
  // What could not be read is no result that would be lost.
  if (known.usable() <= counts.usable()) {
    PRETAG_TRY(replace(before.get(), *ledger, path));
    return counts;
  }
  remove_ledger(unfinished(path));
  return Error{
      ErrorCode::kConflict,
      fmt::format("{} knows {} images, of a merge before and what came since, and the shards {}; run the shards "
                  "again for what came since, or remove it to merge them without",
                  path, known.usable(), counts.usable())};
}

}  // namespace pretag
