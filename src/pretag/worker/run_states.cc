#include "pretag/worker/run_states.h"

#include <fmt/format.h>

namespace pretag {

ApiState api_state(RunStage stage, const RunConfig& config, bool needs_model) {
  switch (stage) {
    case RunStage::kLoadingModel:
      if (!needs_model) return {"INITIALIZING", "Preparing the run"};
      return {"INITIALIZING", "Loading the model"};
    case RunStage::kListing:
      return {"LOADING_DATASET", "Listing the images"};
    case RunStage::kLookingAtImages:
      if (config.pretagging) return {"PRETAGGING", "Pretagging"};
      if (needs_model) return {"EMBEDDING", "Embedding"};
      return {"CHECKING_CORRUPTNESS", "Checking the images"};
    case RunStage::kWritingPredictions:
      return {"SAVING_RESULTS", "Writing predictions and embeddings"};
    case RunStage::kSelecting:
      return {"SAMPLING", "Selecting what to label"};
    case RunStage::kReporting:
      return {"GENERATING_REPORT", "Drawing the report"};
  }
  return {"INITIALIZING", "Preparing the run"};
}

bool is_final_state(const std::string& state) {
  return state == "COMPLETED" || state == "FAILED" || state == "CRASHED" || state == "ABORTED";
}

std::string progress_message(const std::string& stage, const Progress& progress, double images_per_second) {
  const int64_t percent = progress.total > 0 ? 100 * progress.processed() / progress.total : 100;
  std::string message = fmt::format("{}: {}/{} ({} %)", stage, progress.processed(), progress.total, percent);
  if (images_per_second >= 0.1) message += fmt::format(", {:.1f} images/s", images_per_second);
  if (progress.failed > 0) message += fmt::format(", {} could not be read", progress.failed);
  return message;
}

}  // namespace pretag
