// Everything a report shows, as plain data: the charts, report.html, report.pdf, report.json and report_v2.json are
// made from this and nothing else. All text is UTF-8; what is not is shown with replacement characters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pretag/data/prediction.h"
#include "pretag/report/embedding_statistics.h"
#include "pretag/report/object_statistics.h"
#include "pretag/report/picture_map.h"
#include "pretag/report/report_selection.h"
#include "pretag/report/thumbnail.h"
#include "pretag/report/video_timelines.h"

namespace pretag {

struct StageTiming {
  std::string name;
  double seconds = 0;  // wall-clock
};

struct JobFacts {
  std::string pretag_version;
  std::string title;      // for people: the dataset or folder name; may be empty
  std::string input;      // where the images came from: a folder or URL, without secrets
  std::string machine;    // one line: processor, cores, memory
  std::string precision;  // what the network computed in: "f32", "bf16" …
  std::string accuracy;   // at which size of the network input: "best", "full", "balanced", "fast"
  int threads = 0;
  int64_t started_unix = 0, ended_unix = 0;  // seconds since 1970-01-01 UTC; 0: not known
  double duration_seconds = 0;               // of the whole run; of the images over all parts of a resumed one
  double images_per_second = 0;              // 0: not known
  std::vector<StageTiming> stages;           // in the order they ran
  std::vector<std::pair<std::string, std::string>> config;  // effective configuration, secrets masked by the caller
};

// The model card, in short.
struct ModelFacts {
  std::string name, architecture, license, training_data;
  std::string sha256;         // of the weight file, hex; may be empty
  float score_threshold = 0;  // detections below are not counted
  std::string note;           // shown prominently when not empty: what a reader should know before trusting the numbers
};

struct ReportFailure {
  std::string filename;
  std::string reason;  // one line
};

// A picture with its detections. Boxes are in pixels of the original (oriented) image.
struct DebugImage {
  std::string filename;       // as in the dump
  int width = 0, height = 0;  // of the original, pixels
  std::vector<Detection> detections;
  std::vector<std::byte> drawn_jpeg;    // boxes and labels drawn in, long side at most kDrawnSide
  std::vector<std::byte> preview_jpeg;  // without boxes, at most kPreviewBytes: report.html lays them over it
};

// An image that was left out beside the selected one that is most like it.
struct ExamplePair {
  CoveredImage images;
  Thumbnail removed, kept;
};

// A selected object, cut out of its image.
struct ReportCrop {
  SelectedObject object;
  Thumbnail picture;
};

// Only so many of the selected objects are shown, the first ones that were chosen.
inline constexpr size_t kMostCrops = 60;

// One of the rarest classes, with its best-scored examples: pictures of which only the preview is made, with the
// detections of this class alone.
struct RareClass {
  std::string name;
  std::vector<DebugImage> pictures;
};

// Only so many failures are listed; `failed_images` counts them all.
inline constexpr size_t kMostListedFailures = 200;

struct ReportModel {
  JobFacts job;
  ModelFacts model;
  int64_t input_images = 0;                  // everything that was found in the input
  int64_t failed_images = 0;                 // of these, could not be read
  ObjectStatistics input;                    // over the images that were read
  std::optional<ReportSelection> selection;  // once there is one
  std::optional<ObjectStatistics> selected;  // over the selected images; set if `selection` is
  std::vector<ReportCrop> crops;             // where objects were selected
  EmbeddingStatistics embeddings;            // of all images read, and the selected ones among them
  PictureMap map;                            // of the embeddings; empty unless there are example pairs to be shown
  std::vector<ExamplePair> example_pairs;    // from the most similar to the least
  std::vector<RareClass> rare_classes;       // the rarest first; empty unless pretagging_debug is on
  ReportDuplicates duplicates;
  VideoTimelines videos;                 // nothing where the input has no videos or nothing was selected
  std::vector<ReportFailure> failures;   // the first kMostListedFailures
  std::vector<DebugImage> debug_images;  // empty unless pretagging_debug is on
  int64_t debug_images_unavailable = 0;  // chosen, but could not be opened a second time
};

}  // namespace pretag
