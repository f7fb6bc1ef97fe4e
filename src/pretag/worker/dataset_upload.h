// What a finished run tells the server of its dataset: samples, tags, embeddings, predictions and scores; and the crops
// of the selected objects, which are samples of a second dataset.
#pragma once

#include <atomic>
#include <string>

#include "pretag/data/run_config.h"
#include "pretag/io/file_system.h"
#include "pretag/source/source.h"
#include "pretag/util/result.h"
#include "pretag/worker/api_client.h"
#include "pretag/worker/job_reporter.h"
#include "pretag/worker/thumbnails.h"

namespace pretag {

struct DatasetUpload {
  std::string dataset_id, run_folder;
  RunRecord run;
  RunConfig config;
  ThumbnailPlaces thumbnails{};
  const Source* source = nullptr;  // the input, for thumbnails, frames of videos and crops
  bool of_videos = false;          // the samples are frames
  bool has_selection = false;      // else every image becomes a sample
  bool has_embeddings = false;     // a network has looked at the images
  std::string crops_dataset{};     // the name of the dataset for the selected objects; empty: they are not uploaded
};

// Everything is read from the run folder, whose ledger must be complete. May be repeated after any interruption: what
// the server has is not sent again, and predictions carry the moment of the run, so that the same run replaces its own.
//  - samples: the selected images that the dataset does not have yet, with thumbnails where there are to be some; and
//    anew those that it has, selected or not, whose files the run has found to be others than they were. Frames of
//    videos are written below the LIGHTLY datasource, whose folder `thumbnails` names; those whose names have
//    line breaks are left out of everything, with a warning in the run's log. They have the metadata of the files below
//    that datasource's .lightly/metadata, and the dataset learns what its schema says of these (custom_metadata.h);
//  - tags: initial-tag in an empty dataset; later the tags grow and the run gets a tag of what it selected, run-<id>;
//  - embeddings: default_<run id>, those of the selected images; none where no image could be read;
//  - where objects were selected, the same three of their crops in the dataset of crops (crop_upload.h);
//  - the predictions of the samples that the run has seen, with their scores (prediction_upload.h); those of selected
//    objects name their crops.
// Each sample that the run has seen and the server has costs a request, to find out whether its file is another now.
// Other jobs may add to the datasets meanwhile. kCancelled when `cancel` becomes true.
Status upload_dataset(const ApiClient& api, FileSystem& files, const DatasetUpload& upload, JobReporter& reporter,
                      const std::atomic<bool>& cancel);

}  // namespace pretag
