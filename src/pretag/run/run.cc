#include "pretag/run/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <span>

#include "pretag/io/file_system.h"
#include "pretag/io/sha256.h"
#include "pretag/run/config.h"
#include "pretag/run/datapool_pass.h"
#include "pretag/run/embedded_tasks.h"
#include "pretag/run/image_pipeline.h"
#include "pretag/run/loaded_model.h"
#include "pretag/run/outputs.h"
#include "pretag/run/own_embeddings.h"
#include "pretag/run/report_facts.h"
#include "pretag/run/results_pass.h"
#include "pretag/run/run_folder.h"
#include "pretag/run/run_identity.h"
#include "pretag/run/run_inputs.h"
#include "pretag/run/run_log.h"
#include "pretag/run/run_timer.h"
#include "pretag/run/selection_pass.h"
#include "pretag/run/selection_settings.h"
#include "pretag/run/shards.h"
#include "pretag/run/stored_report.h"
#include "pretag/source/source.h"
#include "pretag/util/machine.h"

namespace pretag {
namespace {

std::string checksum(const std::string& text) { return sha256_hex(std::as_bytes(std::span(text))); }

RunIdentity identity_of(const RunRequest& request, const LoadedModel& model, const FileSystem& files) {
  RunIdentity identity;
  identity[kInputFolder] = input_place(request.input, files);
  identity["use_frame_count_metadata"] = request.config.use_frame_count_metadata ? "true" : "false";
  identity["relevant_filenames_file"] = request.config.relevant_filenames_file;
  identity["corruptness_check.corruption_threshold"] = fmt::format("{}", request.config.corruption_threshold);
  identity[kPretagged] = request.config.pretagging ? "true" : "false";
  identity["use of a model"] = model.weights ? "true" : "false";
  if (model.weights) {
    identity[kModelChecksum] = model.sha256;
    // Sums of another order: nearly the same, but not to the last bit.
    identity["precision"] = fmt::format("{}{}", name_of(model.precision), model.gpus.empty() ? "" : " on a GPU");
    identity[kAccuracy] = name_of(request.config.accuracy);
    if (model.precision == Precision::kInt8) {
      identity[kActivationRanges] = model.ranges ? checksum(to_json(*model.ranges)) : kMeasuredByRun;
    }
    identity[kMostDetections] = std::to_string(request.config.max_detections);
  }
  return identity;
}

Result<SelectionSources> sources_of(const RunRequest& request, const LoadedModel& model,
                                    const std::string& embeddings_file, const FileSystem& files) {
  SelectionSources sources{
      .files = files, .lightly_folder = lightly_folder_of(request, files), .classes = {}, .model_classes = {}};
  if (model.weights) sources.classes = model.metadata.output_classes;
  PRETAG_ASSIGN(sources.embedding_columns, length_of_embeddings(embeddings_file, files));
  sources.embedded_tasks = request.tasks_to_embed();
  sources.is_pretagged = request.config.pretagging;
  return sources;
}

// Activation ranges that each shard measured on its own images would make their results differ.
Status check_shard(const LoadedModel& model) {
  if (model.precision != Precision::kInt8 || model.ranges) return {};
  return Error{ErrorCode::kUnsupported,
               "precision=int8: the model does not know its activation ranges, and shards cannot each measure them; "
               "run 'pretag model quantize' on it first, or give another precision"};
}

// All of those that may be selected, and some that may not.
size_t most_object_embeddings(const RunConfig& config) {
  return config.object_level_task == kPretaggingTask ? SIZE_MAX : kMostObjectEmbeddings;
}

}  // namespace

std::vector<std::string> RunRequest::tasks_to_embed() const {
  std::set<std::string> tasks;
  if (selection) tasks = tasks_with_embeddings(*selection);
  // What a data pool has is known by its embedding.
  if (has_datapool() && !config.object_level_task.empty()) tasks.insert(config.object_level_task);
  tasks.erase(kPretaggingTask);  // the network finds its objects itself
  return {tasks.begin(), tasks.end()};
}

bool RunRequest::needs_model() const {
  const bool own = !config.embeddings.empty();
  return config.pretagging || (selection && (needs_detector(*selection, own) || (has_datapool() && !own)));
}

Result<RunSummary> execute_run(const RunRequest& request, FileSystem& files, ProgressSink& outer_progress,
                               const std::atomic<bool>& cancel) {
  const RunConfig& config = request.config;
  RunTimer timer;

  // The input first, and what is named beside it: a mistyped name must not leave a run folder behind.
  PRETAG_ASSIGN(const auto source, open_input(request, files));
  PRETAG_ASSIGN(const std::string embeddings_file,
                find_own_embeddings(config.embeddings, lightly_folder_of(request, files), files));

  // The run folder: a new one, or one whose run goes on. From here on everything is logged there too.
  const std::string folder = request.shard ? shard_folder(request.run_folder, *request.shard) : request.run_folder;
  PRETAG_TRY(request.shard ? prepare_shard_folder(files, request.run_folder, *request.shard)
                           : prepare_run_folder(files, folder));
  const RunOutputs outputs{files, folder};
  PRETAG_ASSIGN(const auto logged, log_progress(outputs.path("log.txt"), outer_progress));
  ProgressSink& progress = *logged;
  PRETAG_ASSIGN(const auto ledger, Ledger::open(outputs.path(kLedgerFile)));

  // The model, and the proof that an earlier part of this run used the same.
  progress.entered(RunStage::kLoadingModel);
  LoadedModel model;
  if (request.needs_model()) {
    PRETAG_ASSIGN(model, load_model(request, progress));
    PRETAG_TRY(keep_measured_ranges(model, *ledger, outputs));
    progress.info(precision_line(config, model));
  }
  PRETAG_ASSIGN(const SelectionSources sources, sources_of(request, model, embeddings_file, files));
  PRETAG_TRY(check_results(request, sources));
  const RunIdentity identity = identity_of(request, model, files);
  if (request.shard) {
    PRETAG_TRY(check_shard(model));
    PRETAG_TRY(claim_shards(files, request.run_folder, *request.shard, identity));
  }
  PRETAG_TRY(claim_ledger(*ledger, identity));
  PRETAG_ASSIGN(const auto tasks_to_embed, claim_embedded_tasks(*ledger, request.tasks_to_embed(), sources));
  if (request.selection && !request.shard) {
    PRETAG_TRY(pool_before(request, outputs, sources.embedding_columns));  // if it does not fit, better known now
  }

  // From here on a run that was finished is so no more, for a report, a selection or a merge, until it has come to its
  // end again.
  PRETAG_TRY(forget_report_pass(*ledger));
  if (request.shard) PRETAG_TRY(keep_selection(outputs, config));
  PRETAG_TRY(ledger->set_fact(kLightlyFolderFact, request.lightly_folder));
  PRETAG_TRY(files.write_atomically(outputs.path(kConfigFile), to_yaml(config)));
  if (model.weights) PRETAG_TRY(store_model_facts(*ledger, model.metadata, model.score_threshold));
  timer.lap("Loading the model");

  // The inputs. Failures of an earlier part are listed anew: a file may be whole by now, or gone for good.
  progress.entered(RunStage::kListing);
  PRETAG_TRY(ledger->forget_failures());
  PRETAG_TRY(list_inputs(*source, request, files, *ledger, progress, cancel));
  PRETAG_TRY(take_own_embeddings({files, embeddings_file, request.shard.has_value(), &cancel}, *ledger, progress));
  timer.lap("Listing");

  // From here on no new inputs appear.
  const int threads = threads_for(config, model);
  progress.entered(RunStage::kLookingAtImages);
  PRETAG_TRY(calibrate_if_needed(model, request, *source, *ledger, outputs, threads, progress, cancel));
  PRETAG_ASSIGN(const LedgerCounts before, ledger->counts());
  const std::string stage = !model.detector ? "Checking images" : config.pretagging ? "Pretagging" : "Embedding";
  PRETAG_ASSIGN(RegionsOf regions_of, regions_of_tasks(tasks_to_embed, sources));
  const PipelineOptions pipeline{.detector_threads = threads,
                                 .reader_threads = static_cast<int>(std::max<int64_t>(config.num_processes, 0)),
                                 .max_image_pixels = config.max_image_pixels,
                                 .most_object_embeddings = most_object_embeddings(config),
                                 .regions_of = std::move(regions_of),
                                 .stage = stage};
  PRETAG_TRY(process_pending(*source, model.detector, pipeline, *ledger, progress, cancel));
  PRETAG_ASSIGN(const LedgerCounts counts, ledger->counts());
  const double seconds = timer.lap(stage);
  PRETAG_TRY(timer.add_to(*ledger, before.pending - counts.pending, seconds));
  RunSummary summary;
  summary.counts = counts;
  summary.cancelled = counts.pending > 0;
  if (seconds > 0) summary.images_per_second = static_cast<double>(before.pending - counts.pending) / seconds;
  if (summary.cancelled) return summary;

  const ModelFacts facts = model.weights
                               ? model_facts(request.model_path, model.metadata, model.sha256, model.score_threshold)
                               : ModelFacts{};
  const Workplace workplace{
      .machine = model.gpus.empty() ? this_machine() : this_machine() + ", with " + names_of(model.gpus),
      .precision = model.detector ? std::string(name_of(model.precision)) : "",
      .threads = threads,
      .started_unix = timer.started_unix()};
  const ResultsPass results{request, outputs, *ledger, source.get(), facts, workplace, threads, timer};
  if (request.shard) {
    PRETAG_TRY(finish_shard(results));
    return summary;
  }

  // From here on the ledger is complete: every file is written from it.
  PRETAG_ASSIGN(summary.selected, write_results(results, progress, cancel));
  return summary;
}

}  // namespace pretag
