// The last pass of a run: from the ledger to report.html, report.json, plots and debug images.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pretag/data/run_config.h"
#include "pretag/data/selection.h"
#include "pretag/image/image.h"
#include "pretag/nn/model_metadata.h"
#include "pretag/report/report_model.h"
#include "pretag/run/outputs.h"
#include "pretag/store/ledger.h"
#include "pretag/util/result.h"

namespace pretag {

// `job` and `model` are facts that the ledger does not know; `load` opens an image again for the debug pictures.
struct ReportPass {
  JobFacts job;
  ModelFacts model;
  std::vector<std::string> classes;  // what the model reports; empty without pretagging
  bool debug_images = false;
  size_t example_pairs = 3;     // images that were left out, each beside the nearest selected one
  bool video_timelines = true;  // where the selected frames lie in their videos
  std::optional<std::vector<DuplicatePair>> duplicates;  // nothing: they were not looked for
  int64_t max_image_pixels = 0, max_image_bytes = 0;     // what the run reads its images with
  const Selection* selection = nullptr;                  // null: nothing was selected
  std::function<Result<Image>(const std::string& filename)> load;
};

size_t example_pairs_of(const RunConfig& config);

Status write_run_report(const RunOutputs& outputs, const Ledger& ledger, const ReportPass& pass);

}  // namespace pretag
