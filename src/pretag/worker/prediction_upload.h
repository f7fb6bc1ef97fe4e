// The predictions of the samples of a run, and the scores of what the detector found, for the server.
#pragma once

#include <string>
#include <unordered_map>

#include "pretag/data/run_config.h"
#include "pretag/store/ledger.h"
#include "pretag/util/result.h"
#include "pretag/worker/run_dataset.h"
#include "pretag/worker/selected_images.h"
#include "pretag/worker/upload_tools.h"

namespace pretag {

struct PredictionUpload {
  const Ledger& ledger;
  const RunConfig& config;
  const SelectedImages& images;
  const RunDataset& dataset;                                    // as it is with the images in it
  const std::unordered_map<std::string, CropsOfSample>& crops;  // of the objects of images.objects(), by image
};

// The task lightly_pretagging, if the run has looked for objects, with its scores; and the task that objects with crops
// are of, if it is another one. All are of the moment of the run, so that the same run replaces its own.
Status upload_predictions(const UploadTools& tools, const PredictionUpload& upload);

}  // namespace pretag
