// What the detector found in the samples of a run, and the scores of it, for the server.
#pragma once

#include <string>
#include <unordered_map>

#include "pretag/data/run_config.h"
#include "pretag/run/selection_pass.h"
#include "pretag/store/ledger.h"
#include "pretag/util/result.h"
#include "pretag/worker/run_dataset.h"
#include "pretag/worker/selected_images.h"
#include "pretag/worker/upload_tools.h"

namespace pretag {

struct PredictionUpload {
  const Ledger& ledger;
  const RunConfig& config;  // of the scores
  const SelectedImages& images;
  const RunDataset& dataset;                                    // as it is with the images in it
  const std::unordered_map<std::string, CropsOfSample>& crops;  // of some of the predictions, by image
};

// The prediction task lightly_pretagging of the moment of the run, so that the same run replaces its own.
Status upload_predictions(const UploadTools& tools, const PredictionUpload& upload);

}  // namespace pretag
