#include "pretag/run/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>

#include "pretag/io/file_system.h"
#include "pretag/run/config.h"
#include "pretag/run/config_keys.h"
#include "pretag/run/datapool_pass.h"
#include "pretag/run/results_pass.h"
#include "pretag/run/run_folder.h"
#include "pretag/run/run_inputs.h"
#include "pretag/run/run_log.h"
#include "pretag/run/selection_pass.h"
#include "pretag/run/selection_settings.h"
#include "pretag/run/shards.h"
#include "pretag/run/stored_report.h"
#include "pretag/util/machine.h"

namespace pretag {
namespace {

// What the shards say of themselves, joined.
struct ShardFacts {
  RunConfig config;  // the same for all
  ModelFacts model;  // likewise
  Workplace workplace;
  WorkDone work;
  int64_t images = 0;
};

Result<RunConfig> config_of(const FileSystem& files, const std::string& shard_folder) {
  const std::string path = shard_folder + "/" + kConfigFile;
  constexpr size_t kMostBytes = 1 << 20;
  PRETAG_ASSIGN(const auto bytes, files.read(path, kMostBytes));
  const YamlText yaml{{reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path};
  PRETAG_ASSIGN(const ParsedRunConfig parsed, parse_run_config(yaml, {}));
  return parsed.config;
}

// How fast a shard worked is its own affair.
bool is_of_the_machine(const ConfigKey& key) { return key.name == "num_threads" || key.name == "num_processes"; }

// A setting that only some shards were given would silently hold for all or for none.
Status check_same(const RunConfig& first, const RunConfig& other, const Shard& shard) {
  for (const ConfigKey& key : config_keys()) {
    if (key.field.index() == 0 || is_of_the_machine(key)) continue;
    const std::string ours = config_value(first, key), theirs = config_value(other, key);
    if (ours == theirs) continue;
    return Error{ErrorCode::kConflict,
                 fmt::format("shard {} was run with {}={}, and the first with {}={}; run one of them again with the "
                             "setting of the other: it does not look at its images again",
                             shard.text(), key.name, theirs, key.name, ours)};
  }
  return {};
}

// "3 × this processor; 1 × that one".
std::string machines_text(const std::map<std::string, int>& machines) {
  std::vector<std::string> texts;
  for (const auto& [machine, count] : machines) texts.push_back(fmt::format("{} × {}", count, machine));
  return fmt::format("{}", fmt::join(texts, "; "));
}

Result<ShardFacts> read_facts(const FileSystem& files, const std::string& run_folder, const ShardedRun& run) {
  ShardFacts facts;
  std::map<std::string, int> machines;
  for (const Shard& shard : run.shards) {
    const std::string folder = shard_folder(run_folder, shard);
    PRETAG_ASSIGN(const RunConfig config, config_of(files, folder));
    PRETAG_ASSIGN(const auto ledger, open_run_to_read(folder));
    PRETAG_ASSIGN(const auto report, stored_report_pass(*ledger));
    PRETAG_ASSIGN(const WorkDone work, work_done(*ledger));
    PRETAG_ASSIGN(const LedgerCounts counts, ledger->counts());
    if (!report) return Error{ErrorCode::kNotFound, folder + ": the shard began again meanwhile"};
    if (shard.number == 1) {
      facts.config = config;
      facts.model = report->model;
      facts.workplace.precision = report->job.precision;
      facts.workplace.started_unix = report->job.started_unix;
    }
    PRETAG_TRY(check_shard_identity(*ledger, shard, run.identity));
    PRETAG_TRY(check_same(facts.config, config, shard));
    ++machines[report->job.machine];
    facts.workplace.threads += report->job.threads;
    facts.workplace.started_unix = std::min(facts.workplace.started_unix, report->job.started_unix);
    facts.work.images += work.images;
    facts.work.seconds += work.seconds;
    facts.images += counts.total();
  }
  facts.workplace.machine = machines_text(machines);
  return facts;
}

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

  Status join(const Ledger& shard) {
    PRETAG_TRY(shard.for_each_whole_result([&](const ImageResult& result) {
      results_.push_back(result);
      return write_if_many();
    }));
    PRETAG_TRY(shard.for_each_failure([&](const ImageFailure& failure) {
      failures_.push_back(failure);
      return write_if_many();
    }));
    return write();
  }

  void finish() { progress_.finished(); }

 private:
  Status write_if_many() {
    constexpr size_t kBatch = 1000;
    return results_.size() + failures_.size() < kBatch ? Status() : write();
  }

  Status write() {
    if (cancel_) return Error{ErrorCode::kCancelled, "merging was stopped"};
    PRETAG_TRY(whole_.record(results_, failures_));
    state_.done += static_cast<int64_t>(results_.size());
    state_.failed += static_cast<int64_t>(failures_.size());
    results_.clear();
    failures_.clear();
    progress_.advanced(state_);
    return {};
  }

  Ledger& whole_;
  ProgressSink& progress_;
  const std::atomic<bool>& cancel_;
  Progress state_;
  std::vector<ImageResult> results_;
  std::vector<ImageFailure> failures_;
};

// The request that one program for all shards would have been given.
Result<RunRequest> whole_request(const MergeRequest& request, const ShardedRun& run, const ShardFacts& facts,
                                 FileSystem& files) {
  const auto input = run.identity.find(kInputFolder);
  if (input == run.identity.end()) return Error{ErrorCode::kCorrupt, request.run_folder + ": its shards have no input"};
  const YamlText shards{to_yaml(facts.config), "the settings of the shards"};
  PRETAG_ASSIGN(const ParsedRunConfig parsed, parse_run_config(shards, request.settings));
  RunRequest whole{.input = input->second,
                   .run_folder = request.run_folder,
                   .model_path = "",
                   .shared_folder = request.shared_folder,
                   .config = parsed.config};
  PRETAG_ASSIGN(whole.selection, selection_config_of(whole.config, files));
  if (whole.needs_model() && facts.workplace.precision.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "the shards used no network, so there is nothing to select by that needs one; run them with the "
                 "selection among their settings, or select at random"};
  }
  return whole;
}

}  // namespace

Result<MergedRun> merge_run(const MergeRequest& request, FileSystem& files, ProgressSink& outer_progress,
                            const std::atomic<bool>& cancel) {
  RunTimer timer;

  // The shards: all of them, done, and parts of one run.
  PRETAG_ASSIGN(const ShardedRun run, find_finished_shards(files, request.run_folder));
  PRETAG_ASSIGN(const ShardFacts facts, read_facts(files, request.run_folder, run));
  MergedRun merged;
  PRETAG_ASSIGN(merged.request, whole_request(request, run, facts, files));
  const RunConfig& config = merged.request.config;
  {
    PRETAG_ASSIGN(const auto first, open_run_to_read(shard_folder(request.run_folder, run.shards.front())));
    PRETAG_ASSIGN(const SelectionSources sources, selection_sources(*first, files));
    PRETAG_TRY(check_results(merged.request, sources));
  }

  // The ledger of the whole. What was merged before is merged again: a shard may know better by now.
  PRETAG_TRY(files.make_directories(request.run_folder + "/config"));
  const RunOutputs outputs{files, request.run_folder};
  PRETAG_ASSIGN(const auto logged, log_progress(outputs.path("log.txt"), outer_progress));
  ProgressSink& progress = *logged;
  PRETAG_ASSIGN(const auto ledger, Ledger::open(outputs.path(kLedgerFile)));
  PRETAG_TRY(claim_ledger(*ledger, run.identity));
  PRETAG_TRY(forget_report_pass(*ledger));
  PRETAG_TRY(ledger->forget_failures());
  Joiner joiner(*ledger, facts.images, progress, cancel);
  for (const Shard& shard : run.shards) {
    PRETAG_ASSIGN(const auto part, open_run_to_read(shard_folder(request.run_folder, shard)));
    if (shard.number == 1) PRETAG_TRY(copy_facts(*part, *ledger));
    PRETAG_TRY(joiner.join(*part));
  }
  joiner.finish();
  PRETAG_TRY(set_work_done(*ledger, facts.work));
  PRETAG_TRY(files.write_atomically(outputs.path(kConfigFile), to_yaml(config)));
  PRETAG_ASSIGN(merged.summary.counts, ledger->counts());
  if (merged.summary.counts.total() == 0) {
    return Error{ErrorCode::kNotFound, merged.request.input + ": the shards found no images or videos"};
  }
  timer.lap("Joining the shards");

  // From here on it is a run like any other.
  const auto input = reopen_input(*ledger, files, config.max_image_bytes, config.max_image_pixels);
  const int threads = config.num_threads > 0 ? static_cast<int>(config.num_threads) : available_cores();
  const ResultsPass results{.request = merged.request,
                            .outputs = outputs,
                            .ledger = *ledger,
                            .input = input ? input->get() : nullptr,
                            .model = facts.model,
                            .workplace = facts.workplace,
                            .threads = threads,
                            .timer = timer};
  PRETAG_ASSIGN(merged.summary.selected, write_results(results, progress, cancel));
  return merged;
}

}  // namespace pretag
