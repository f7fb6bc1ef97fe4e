// What the platform's API is asked for and told, as far as a worker needs it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pretag/bucket/bucket_url.h"
#include "pretag/data/image_info.h"

namespace pretag {

struct WorkerRecord {
  std::string id, name;
  std::string state;  // OFFLINE, CRASHED, IDLE or BUSY
  std::vector<std::string> labels;
};

struct ScheduledRun {
  std::string id, dataset_id, config_id;
  std::string priority;              // LOW, MID, HIGH or CRITICAL
  std::string state;                 // OPEN, LOCKED, DONE or CANCELED
  std::vector<std::string> runs_on;  // labels that a worker must have
  int64_t created_at = 0;            // ms since 1970
};

struct ArtifactRecord {
  std::string type, file_name;
};

struct RunRecord {
  std::string id, state;
  int64_t created_at = 0;  // ms since 1970
};

struct DatasetRecord {
  std::string id, name;
  std::string type;       // Images, Videos or Crops
  std::string parent_id;  // of Crops: the dataset of the images that they are cut from
};

struct DatasourceRecord {
  std::string type;       // LOCAL, S3 …
  std::string purpose;    // INPUT, LIGHTLY or INPUT_OUTPUT
  std::string full_path;  // of LOCAL: relative to the mount
  std::string
      thumb_suffix{};  // where thumbnails go, as ".lightly/thumbnails/[filename]_thumb.[extension]"; empty: none

  // Whether it is a folder of a bucket for which the server signs.
  bool is_in_bucket() const { return type == "S3" || type == "S3DelegatedAccess" || type == "GCS" || type == "AZURE"; }
  // Of that folder: s3://…, gs://… or az://….
  std::string address() const { return type == "AZURE" ? azure_address(full_path) : full_path; }
};

// Where a sample of a video comes from.
struct VideoFrameRecord {
  std::string source_video;
  int64_t index = 0;                // from 0
  std::optional<double> seconds{};  // when it is shown, where that is known
};

// Which prediction of which sample a crop shows.
struct CropRecord {
  std::string parent_id;    // the sample of the image
  int64_t time_ms = 0;      // of the predictions, ms since 1970
  int64_t index = 0;        // of this one among the image's of the task
  std::string task;         // what the predictions are called
  int64_t category_id = 0;  // index of its class among the task's
  float score = 0;          // 0..1
};

struct SampleRecord {
  std::string id{};  // of one that the server has
  ImageInfo image;
  std::string thumbnail{};  // its name below the LIGHTLY datasource; empty where there is none
  std::optional<VideoFrameRecord> frame{};
  std::optional<CropRecord> crop{};
  std::string custom_metadata{};  // of the user's: an object as JSON text; empty where there is none
};

// The samples of the crops that were cut from a sample, by the index of the prediction.
struct CropsOfSample {
  std::string dataset_id;
  std::map<int64_t, std::string> sample_ids;
};

struct TagRecord {
  std::string id, name, run_id;
  int64_t total = 0;  // samples of the dataset that the tag knows of
};

struct EmbeddingRecord {
  std::string id, name;
  bool is_processed = false;
};

struct LogLine {
  int64_t time_ms = 0;
  std::string level;  // INFO, WARNING or ERROR
  std::string message, state;
};

}  // namespace pretag
