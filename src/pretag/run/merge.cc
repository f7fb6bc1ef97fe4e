#include "pretag/run/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>

#include "pretag/formats/dataset.h"
#include "pretag/io/file_system.h"
#include "pretag/run/config.h"
#include "pretag/run/config_keys.h"
#include "pretag/run/datapool_pass.h"
#include "pretag/run/own_embeddings.h"
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
  RunConfig config;                         // the same for all
  std::string selection;                    // the content of the file that config.selection names; likewise
  std::string embeddings;                   // the fact of the user's own; likewise
  std::vector<std::string> embedded_tasks;  // that all were looked at with
  ModelFacts model;                         // likewise
  Workplace workplace;
  WorkDone work;
  int64_t images = 0;
};

Result<RunConfig> config_of(const FileSystem& files, const std::string& shard_folder) {
  const std::string path = shard_folder + "/" + kConfigFile;
  constexpr size_t kMostBytes = 1 << 20;
  PRETAG_ASSIGN(const std::string text, read_text_file(files, path, kMostBytes));
  PRETAG_ASSIGN(const ParsedRunConfig parsed, parse_run_config(YamlText{text, path}, {}));
  return parsed.config;
}

// Empty where the shard was given no such file.
Result<std::string> selection_of(const FileSystem& files, const std::string& shard_folder) {
  const std::string path = shard_folder + "/" + kShardSelection;
  constexpr size_t kMostBytes = size_t{64} << 20;
  return files.exists(path) ? read_text_file(files, path, kMostBytes) : std::string();
}

// How fast a shard worked is its own affair, and so is where it found things whose content is compared.
bool is_of_the_machine(const ConfigKey& key) {
  return key.name == "num_threads" || key.name == "num_processes" || key.name == "model" || key.name == "precision" ||
         key.name == "embeddings" || key.name == "device" || key.name == "selection";
}

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
  texts.reserve(machines.size());
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
    PRETAG_ASSIGN(const std::string selection, selection_of(files, folder));
    PRETAG_ASSIGN(const auto embeddings, ledger->fact(kOwnEmbeddingsFact));
    PRETAG_ASSIGN(const auto embedded, embedded_tasks(*ledger));
    if (!report) return Error{ErrorCode::kNotFound, folder + ": the shard began again meanwhile"};
    if (shard.number == 1) {
      facts.config = config;
      facts.selection = selection;
      facts.embeddings = embeddings.value_or("");
      facts.embedded_tasks = embedded;
      facts.model = report->model;
      facts.workplace.precision = report->job.precision;
      facts.workplace.started_unix = report->job.started_unix;
    }
    PRETAG_TRY(check_shard_identity(*ledger, shard, run.identity));
    PRETAG_TRY(check_same(facts.config, config, shard));
    if (selection != facts.selection) {
      return Error{ErrorCode::kConflict,
                   fmt::format("shard {} was run with another content of selection={} than the first; run one of them "
                               "again with the file of the other: it does not look at its images again",
                               shard.text(), config.selection)};
    }
    if (embeddings.value_or("") != facts.embeddings) {
      return Error{ErrorCode::kConflict,
                   fmt::format("shard {} was run with another content of embeddings={} than the first; run one of them "
                               "again with the file of the other: it does not look at its images again",
                               shard.text(), config.embeddings)};
    }
    std::erase_if(facts.embedded_tasks,
                  [&](const std::string& task) { return std::ranges::find(embedded, task) == embedded.end(); });
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

// How much there is in the ledger of an earlier merge. kConflict if it is of another run; an error if somebody works in
// it.
Result<LedgerCounts> counts_before(const std::string& path, const RunIdentity& identity) {
  if (!local_file_system().exists(path)) return LedgerCounts{};
  PRETAG_ASSIGN(const auto ledger, Ledger::open(path));
  PRETAG_TRY(claim_ledger(*ledger, identity));
  return ledger->counts();
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

Result<LedgerCounts> join_shards(const RunOutputs& outputs, const ShardedRun& run, const ShardFacts& facts,
                                 ProgressSink& progress, const std::atomic<bool>& cancel) {
  const std::string path = outputs.path(kLedgerFile);
  PRETAG_ASSIGN(const LedgerCounts before, counts_before(path, run.identity));
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
  if (before.usable() <= counts.usable()) return counts;
  remove_ledger(unfinished(path));
  return Error{
      ErrorCode::kConflict,
      fmt::format("{} knows {} images, of a merge before and what came since, and the shards {}; run the shards "
                  "again for what came since, or remove it to merge them without",
                  path, before.usable(), counts.usable())};
}

// Both are closed by now, and so a single file each.
Status put_in_place(const std::string& path) {
  std::error_code failure;
  std::filesystem::rename(unfinished(path), path, failure);
  return failure ? Status(Error{ErrorCode::kIo, path + ": " + failure.message()}) : Status();
}

// The request that one program for all shards would have been given. `given`: the settings of the merge alone.
Result<RunRequest> whole_request(const MergeRequest& request, const RunConfig& given, const ShardedRun& run,
                                 const ShardFacts& facts, FileSystem& files) {
  const auto input = run.identity.find(kInputFolder);
  if (input == run.identity.end()) return Error{ErrorCode::kCorrupt, request.run_folder + ": its shards have no input"};
  const YamlText shards{to_yaml(facts.config), "the settings of the shards"};
  PRETAG_ASSIGN(const ParsedRunConfig parsed, parse_run_config(shards, request.settings));
  RunRequest whole{.input = input->second,
                   .run_folder = request.run_folder,
                   .model_path = "",
                   .shared_folder = request.shared_folder,
                   .config = parsed.config};
  // What the merge was given it reads itself: the file may be another one than the shards', or changed since.
  const bool is_of_shards = given.selection.empty() && whole.config.selection == facts.config.selection;
  if (!facts.selection.empty() && is_of_shards) {
    whole.config.selection = request.run_folder + "/" + kShardSelection;
    PRETAG_TRY(files.make_directories(request.run_folder + "/config"));
    PRETAG_TRY(files.write_atomically(whole.config.selection, facts.selection));
  }
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
  PRETAG_ASSIGN(const ParsedRunConfig given, parse_run_config(std::nullopt, request.settings));
  PRETAG_ASSIGN(merged.request, whole_request(request, given.config, run, facts, files));
  const RunConfig& config = merged.request.config;
  // Those of the shards, of which the file may be gone, or others that the merge was given.
  const bool others = !given.config.embeddings.empty() || config.embeddings != facts.config.embeddings;
  std::string embeddings_file;
  if (others) {
    PRETAG_ASSIGN(embeddings_file,
                  find_own_embeddings(config.embeddings, lightly_folder_of(merged.request, files), files));
  }
  {
    PRETAG_ASSIGN(const auto first, open_run_to_read(shard_folder(request.run_folder, run.shards.front())));
    PRETAG_ASSIGN(SelectionSources sources, selection_sources(*first, files));
    sources.embedded_tasks = facts.embedded_tasks;
    if (others) {
      PRETAG_ASSIGN(sources.embedding_columns, length_of_embeddings(embeddings_file, files));
    }
    PRETAG_TRY(check_results(merged.request, sources));
  }

  // The ledger of the whole: made anew, as a shard may know better by now.
  PRETAG_TRY(files.make_directories(request.run_folder + "/config"));
  const RunOutputs outputs{files, request.run_folder};
  PRETAG_ASSIGN(const auto logged, log_progress(outputs.path("log.txt"), outer_progress));
  ProgressSink& progress = *logged;
  PRETAG_ASSIGN(merged.summary.counts, join_shards(outputs, run, facts, progress, cancel));
  PRETAG_TRY(files.write_atomically(outputs.path(kConfigFile), to_yaml(config)));
  PRETAG_TRY(put_in_place(outputs.path(kLedgerFile)));
  PRETAG_ASSIGN(const auto ledger, Ledger::open(outputs.path(kLedgerFile)));
  if (others) PRETAG_TRY(take_own_embeddings({files, embeddings_file, false, &cancel}, *ledger, progress));
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
