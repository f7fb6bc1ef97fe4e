#include "pretag/run/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <memory>
#include <optional>
#include <span>

#include "pretag/formats/selection_file.h"
#include "pretag/io/file_system.h"
#include "pretag/io/sha256.h"
#include "pretag/run/config.h"
#include "pretag/run/datapool.h"
#include "pretag/run/image_pipeline.h"
#include "pretag/run/loaded_model.h"
#include "pretag/run/outputs.h"
#include "pretag/run/report_facts.h"
#include "pretag/run/report_pass.h"
#include "pretag/run/run_folder.h"
#include "pretag/run/run_identity.h"
#include "pretag/run/run_inputs.h"
#include "pretag/run/run_log.h"
#include "pretag/run/run_timer.h"
#include "pretag/run/sampled_images.h"
#include "pretag/run/selection_pass.h"
#include "pretag/run/selection_settings.h"
#include "pretag/run/stored_report.h"
#include "pretag/source/source.h"
#include "pretag/util/machine.h"

namespace pretag {
namespace {

std::string checksum(const std::string& text) { return sha256_hex(std::as_bytes(std::span(text))); }

RunIdentity identity_of(const RunRequest& request, const LoadedModel& model, const FileSystem& files) {
  RunIdentity identity;
  identity[kInputFolder] = files.canonical(request.input);
  identity["relevant_filenames_file"] = request.config.relevant_filenames_file;
  identity["pretagging"] = request.config.pretagging ? "true" : "false";
  identity["use of a model"] = model.weights ? "true" : "false";
  if (model.weights) {
    identity[kModelChecksum] = model.sha256;
    identity["precision"] = name_of(model.precision);
    identity[kAccuracy] = name_of(request.config.accuracy);
    if (model.precision == Precision::kInt8) {
      identity["activation ranges"] = model.ranges ? checksum(to_json(*model.ranges)) : "measured by the run";
    }
    identity[kMostDetections] = std::to_string(request.config.max_detections);
  }
  return identity;
}

// As the run met it first.
Result<EmbeddingsTable> pool_before(const RunRequest& request, const RunOutputs& outputs) {
  if (request.config.datapool_name.empty()) return EmbeddingsTable{};
  PRETAG_ASSIGN(auto datapool, Datapool::open(outputs.files, request.shared_folder, request.config.datapool_name));
  PRETAG_ASSIGN(EmbeddingsTable pool, datapool.before(outputs));
  PRETAG_TRY(check_embedding_size(pool.columns, datapool.path()));
  return pool;
}

// Says what cannot be selected by before the images are looked at, and not after.
Status check_request(const RunRequest& request, const LoadedModel& model, FileSystem& files) {
  PRETAG_TRY(parse_output_size(request.config.output_image_size));
  if (!request.selection && request.config.dump_dataset) {
    return Error{ErrorCode::kInvalidArgument,
                 "dump_dataset copies what is selected, but nothing is: say how many, e.g. selection.n_samples=100"};
  }
  if (!request.selection) return {};
  if (!request.config.datapool_name.empty()) {
    PRETAG_TRY(Datapool::open(files, request.shared_folder, request.config.datapool_name));
  }
  SelectionSources sources{
      .files = files, .lightly_folder = request.lightly_or_default(), .classes = {}, .model_classes = {}};
  if (model.weights) sources.classes = model.metadata.output_classes;
  return check_selection(*request.selection, request.config, sources);
}

Result<Selection> choose_and_write(const RunRequest& request, const RunOutputs& outputs, const Ledger& ledger,
                                   const Source& source, int threads, const std::atomic<bool>& cancel) {
  const RunConfig& config = request.config;
  PRETAG_ASSIGN(const EmbeddingsTable pool, pool_before(request, outputs));
  PRETAG_ASSIGN(const SelectionSources sources, selection_sources(ledger, outputs.files));
  const SelectionPass pass{*request.selection, config, sources, pool, threads, &cancel};
  PRETAG_ASSIGN(Selection selection, select_from_ledger(ledger, pass));
  PRETAG_TRY(write_selection_outputs(outputs, ledger, selection));
  PRETAG_TRY(write_sequences(outputs, selection, config.selected_sequence_length, &source));
  return selection;
}

}  // namespace

// A data pool is known by its embeddings.
bool RunRequest::needs_model() const {
  return config.pretagging || (selection && (needs_detector(*selection) || !config.datapool_name.empty()));
}

Result<RunSummary> execute_run(const RunRequest& request, FileSystem& files, ProgressSink& outer_progress,
                               const std::atomic<bool>& cancel) {
  const RunConfig& config = request.config;
  RunTimer timer;

  // The input first: a mistyped name must not leave a run folder behind.
  PRETAG_ASSIGN(const auto source, open_input(request, files));

  // The run folder: a new one, or one whose run goes on. From here on everything is logged there too.
  PRETAG_TRY(prepare_run_folder(files, request.run_folder));
  const RunOutputs outputs{files, request.run_folder};
  PRETAG_ASSIGN(const auto logged, log_progress(outputs.path("log.txt"), outer_progress));
  ProgressSink& progress = *logged;
  PRETAG_ASSIGN(const auto ledger, Ledger::open(outputs.path(kLedgerFile)));

  // The model, and the proof that an earlier part of this run used the same.
  progress.entered(RunStage::kLoadingModel);
  LoadedModel model;
  if (request.needs_model()) {
    PRETAG_ASSIGN(model, load_model(request));
    progress.info(precision_line(config, model));
  }
  PRETAG_TRY(check_request(request, model, files));
  PRETAG_TRY(claim_ledger(*ledger, identity_of(request, model, files)));
  if (request.selection) PRETAG_TRY(pool_before(request, outputs));  // a pool that cannot be read is better known now
  PRETAG_TRY(ledger->set_fact(kLightlyFolderFact, request.lightly_folder));
  PRETAG_TRY(files.write_atomically(outputs.path(kConfigFile), to_yaml(config)));
  if (model.weights) PRETAG_TRY(store_model_facts(*ledger, model.metadata, model.score_threshold));
  timer.lap("Loading the model");

  // The inputs. Failures of an earlier part are listed anew: a file may be whole by now, or gone for good.
  progress.entered(RunStage::kListing);
  PRETAG_TRY(ledger->forget_failures());
  PRETAG_TRY(list_inputs(*source, request, files, *ledger, progress));
  timer.lap("Listing");

  // From here on no new inputs appear.
  const int threads = config.num_threads > 0 ? static_cast<int>(config.num_threads) : available_cores();
  progress.entered(RunStage::kLookingAtImages);
  PRETAG_TRY(calibrate_if_needed(model, request, *source, *ledger, outputs, threads, progress));
  PRETAG_ASSIGN(const LedgerCounts before, ledger->counts());
  const std::string stage = !model.detector ? "Checking images" : config.pretagging ? "Pretagging" : "Embedding";
  const PipelineOptions pipeline{.detector_threads = threads,
                                 .reader_threads = static_cast<int>(std::max<int64_t>(config.num_processes, 0)),
                                 .max_image_pixels = config.max_image_pixels,
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

  // From here on the ledger is complete: every file is written from it.
  progress.entered(RunStage::kWritingPredictions);
  if (config.enable_corruptness_check) PRETAG_TRY(write_corrupt_list(outputs, *ledger));
  if (model.detector) PRETAG_TRY(write_embeddings(outputs, *ledger, progress));
  if (config.pretagging) {
    PRETAG_TRY(write_predictions(outputs, *ledger, model.metadata, model.score_threshold, progress));
  }
  timer.lap("Writing predictions");

  // What to label: chosen from what the ledger knows of the images, never from their pixels.
  PRETAG_TRY(remove_sampled_images(outputs));
  std::optional<Selection> selection;
  ReportPass report;
  if (request.selection) {
    progress.entered(RunStage::kSelecting);
    PRETAG_ASSIGN(selection, choose_and_write(request, outputs, *ledger, *source, threads, cancel));
    report.duplicates = selection->duplicates;
    for (const std::string& note : selection->notes) progress.warning("Selection: " + note);
    summary.selected = static_cast<int64_t>(selection->selected.size());
    timer.lap("Selecting");
    if (config.dump_dataset) {
      PRETAG_TRY(write_sampled_images(outputs, *source, *selection, config, progress, cancel));
      timer.lap("Copying the selected images");
    }
  } else {
    PRETAG_ASSIGN(const bool removed, remove_selection_outputs(outputs));
    if (removed) progress.info("The selection of an earlier run is removed: this one selects nothing");
    if (removes_duplicates(config)) {
      PRETAG_ASSIGN(report.duplicates, find_duplicates(*ledger));
    }
  }
  if (removes_duplicates(config)) PRETAG_TRY(write_duplicates(outputs, report.duplicates));

  progress.entered(RunStage::kReporting);
  PRETAG_ASSIGN(report.job, job_facts(request, files, *ledger, timer, threads, model.detector.get()));
  if (config.pretagging) {
    report.model = model_facts(request.model_path, model.metadata, model.sha256, model.score_threshold);
    report.classes = model.metadata.output_classes;
  }
  report.debug_images = config.pretagging_debug && config.pretagging;
  report.load = [&](const std::string& filename) -> Result<Image> {
    PRETAG_ASSIGN(Picture picture, source->picture(filename, config.max_image_pixels));
    return std::move(picture.image);
  };
  report.example_pairs = example_pairs_of(config);
  report.video_timelines = config.show_video_sampling_timeline;
  report.selection = selection ? &*selection : nullptr;
  PRETAG_TRY(store_report_pass(*ledger, report, request));
  PRETAG_TRY(write_run_report(outputs, *ledger, report));
  return summary;
}

Status update_datapool(const RunRequest& request, FileSystem& files, ProgressSink& progress) {
  const RunConfig& config = request.config;
  const bool wanted = config.enable_datapool_update && config.datasource_enable_datapool_update;
  if (!request.selection || config.datapool_name.empty() || !wanted) return {};
  const RunOutputs outputs{files, request.run_folder};
  PRETAG_ASSIGN(auto datapool, Datapool::open(files, request.shared_folder, config.datapool_name));
  PRETAG_ASSIGN(const auto ledger, open_run_to_read(request.run_folder));
  PRETAG_ASSIGN(const auto selection, read_selection_outputs(outputs));
  if (!selection) return Error{ErrorCode::kNotFound, outputs.path(kSelectionFile) + ": is gone"};
  PRETAG_ASSIGN(const auto left_out, datapool.add(*ledger, *selection, config.datapool_keep_history));
  for (const std::string& name : left_out) {
    progress.warning(fmt::format("{} is not in the data pool: its format cannot hold the name", name));
  }
  return {};
}

}  // namespace pretag
