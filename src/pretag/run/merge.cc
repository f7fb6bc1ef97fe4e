#include "pretag/run/merge.h"

#include <memory>
#include <optional>

#include "pretag/io/file_system.h"
#include "pretag/run/config.h"
#include "pretag/run/datapool_pass.h"
#include "pretag/run/join_shards.h"
#include "pretag/run/own_embeddings.h"
#include "pretag/run/results_pass.h"
#include "pretag/run/run_folder.h"
#include "pretag/run/run_inputs.h"
#include "pretag/run/run_log.h"
#include "pretag/run/selection_pass.h"
#include "pretag/run/selection_settings.h"
#include "pretag/run/shard_facts.h"
#include "pretag/run/shards.h"
#include "pretag/run/stored_report.h"
#include "pretag/util/machine.h"

namespace pretag {
namespace {

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
  PRETAG_ASSIGN(const ShardFacts facts, read_shard_facts(files, request.run_folder, run));
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
