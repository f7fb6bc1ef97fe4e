#include "pretag/run/results_pass.h"

#include "pretag/run/config.h"
#include "pretag/run/datapool_pass.h"
#include "pretag/run/duplicates.h"
#include "pretag/run/object_crops.h"
#include "pretag/run/own_embeddings.h"
#include "pretag/run/sampled_images.h"
#include "pretag/run/selection_pass.h"
#include "pretag/run/selection_settings.h"
#include "pretag/run/stored_report.h"

namespace pretag {
namespace {

Result<Selection> choose_and_write(const ResultsPass& pass, const SelectionSources& sources,
                                   const std::atomic<bool>& cancel) {
  const RunConfig& config = pass.request.config;
  PRETAG_ASSIGN(const EmbeddingsTable pool, pool_before(pass.request, pass.outputs, sources.embedding_columns));
  const SelectionPass selecting{*pass.request.selection, config, sources, pool, pass.threads, &cancel};
  PRETAG_ASSIGN(Selection selection, select_from_ledger(pass.ledger, selecting));
  PRETAG_TRY(write_selection_outputs(pass.outputs, pass.ledger, selection));
  PRETAG_TRY(write_sequences(pass.outputs, selection, config.selected_sequence_length, pass.input));
  return selection;
}

}  // namespace

Status check_results(const RunRequest& request, const SelectionSources& sources) {
  PRETAG_TRY(parse_output_size(request.config.output_image_size));
  if (!request.selection && request.config.dump_dataset) {
    return Error{ErrorCode::kInvalidArgument,
                 "dump_dataset copies what is selected, but nothing is: say how many, e.g. selection.n_samples=100"};
  }
  if (!request.selection) return {};
  PRETAG_TRY(check_pool(request));
  return check_selection(*request.selection, request.config, sources);
}

Result<ReportPass> report_pass(const ResultsPass& pass) {
  const RunConfig& config = pass.request.config;
  ReportPass report;
  PRETAG_ASSIGN(report.job, job_facts(pass.request, pass.outputs.files, pass.ledger, pass.timer, pass.workplace));
  if (config.pretagging) {
    PRETAG_ASSIGN(const SelectionSources sources, selection_sources(pass.ledger, pass.outputs.files));
    report.model = pass.model;
    report.classes = sources.classes;
  }
  report.debug_images = config.pretagging_debug && config.pretagging;
  report.example_pairs = example_pairs_of(config);
  report.video_timelines = config.show_video_sampling_timeline;
  report.max_image_pixels = config.max_image_pixels;
  report.max_image_bytes = config.max_image_bytes;
  return report;
}

Result<std::optional<SelectedCounts>> write_results(const ResultsPass& pass, ProgressSink& progress,
                                                    const std::atomic<bool>& cancel) {
  const RunRequest& request = pass.request;
  const RunConfig& config = request.config;
  const RunOutputs& outputs = pass.outputs;
  Ledger& ledger = pass.ledger;
  RunTimer& timer = pass.timer;
  PRETAG_ASSIGN(const SelectionSources sources, selection_sources(ledger, outputs.files));

  // What was found in the images, and what could not be read.
  progress.entered(RunStage::kWritingPredictions);
  PRETAG_TRY(config.enable_corruptness_check ? write_corrupt_list(outputs, ledger) : remove_corrupt_list(outputs));
  PRETAG_TRY(write_embeddings(outputs, ledger, progress));
  if (config.pretagging) {
    const LightlyTask task{.model_classes = sources.model_classes,
                           .output_classes = sources.classes,
                           .score_threshold = pass.model.score_threshold};
    PRETAG_TRY(write_predictions(outputs, ledger, task, progress));
  }
  timer.lap("Writing predictions");

  // What to label: chosen from what the ledger knows of the images, never from their pixels.
  PRETAG_TRY(remove_sampled_images(outputs));
  PRETAG_TRY(remove_crops(outputs));
  std::optional<Selection> selection;
  if (request.selection) {
    progress.entered(RunStage::kSelecting);
    PRETAG_ASSIGN(selection, choose_and_write(pass, sources, cancel));
    for (const std::string& note : selection->notes) progress.warning("Selection: " + note);
    timer.lap("Selecting");
    if (config.dump_dataset) {
      if (pass.input == nullptr) {
        return Error{ErrorCode::kNotFound, request.input + ": is gone, so dump_dataset cannot copy what was selected"};
      }
      PRETAG_TRY(copy_selected(outputs, *pass.input, *selection, config, progress, cancel));
      timer.lap("Copying the selected images");
    }
  } else {
    PRETAG_ASSIGN(const bool removed, remove_selection_outputs(outputs));
    if (removed) progress.info("The selection of an earlier run is removed: this one selects nothing");
  }
  std::optional<std::vector<DuplicatePair>> duplicates;
  if (removes_duplicates(config) && selection) {
    duplicates = selection->duplicates;
  } else if (removes_duplicates(config)) {
    PRETAG_ASSIGN(duplicates, find_duplicates(ledger));
  }
  PRETAG_TRY(duplicates ? write_duplicates(outputs, *duplicates) : remove_duplicate_list(outputs));

  progress.entered(RunStage::kReporting);
  PRETAG_ASSIGN(ReportPass report, report_pass(pass));
  PRETAG_TRY(store_report_pass(ledger, report, request));
  report.duplicates = std::move(duplicates);
  report.selection = selection ? &*selection : nullptr;
  Status away;  // the input, for now: each picture would be waited for
  report.load = [&](const std::string& filename) -> Result<Image> {
    if (pass.input == nullptr) return Error{ErrorCode::kNotFound, filename + ": the input is gone"};
    PRETAG_TRY(away);
    auto picture = pass.input->picture(filename, config.max_image_pixels);
    if (picture) return std::move(picture->image);
    if (concerns_all_keys(picture.error())) away = picture.error().in(filename);
    return picture.error();
  };
  PRETAG_TRY(write_run_report(outputs, ledger, report));
  if (!away && away.error().code == ErrorCode::kCancelled) return away.error();
  if (!away) {
    return Error{away.error().code, away.error().message +
                                        "; the report has no pictures of what could not be read, and "
                                        "the same command adds them"};
  }
  if (!selection) return std::optional<SelectedCounts>();
  SelectedCounts selected{.images = static_cast<int64_t>(selection->selected.size())};
  if (selection->objects) selected.objects = static_cast<int64_t>(selection->objects->selected.size());
  return std::optional(selected);
}

}  // namespace pretag
