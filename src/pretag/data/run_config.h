// The settings of a run: where they come from is run/config.h, what each is called is run/config_keys.h.
#pragma once

#include <cstdint>
#include <string>

#include "pretag/data/accuracy.h"
#include "pretag/data/precision.h"

namespace pretag {

// Defaults are the command line's. The two differ from the closed product's in one point: pretagging is on, since it is
// what `pretag run` is for; a job from a server says explicitly whether it wants it.
struct RunConfig {
  bool pretagging = true;                 // run the detector; else inputs are only checked
  bool pretagging_debug = false;          // a few images with their boxes drawn, for the report
  bool enable_corruptness_check = true;   // list what cannot be decoded as corrupt
  double corruption_threshold = 0.1;      // 0..1, frames of videos that score more are corrupt: video/video_file.h
  bool remove_exact_duplicates = true;    // keep one of several identical images
  std::string relevant_filenames_file;    // text file, one path or pattern a line; empty: every file
  bool use_frame_count_metadata = false;  // the number of frames of a video is what its header claims

  std::string model;                       // file, or name of an installed model; empty: the bundled one
  std::string device = "cpu";              // what computes the network: see data/device.h
  Precision precision = Precision::kAuto;  // number format of the network; auto: the fastest that is native
  Accuracy accuracy = Accuracy::kFull;     // size of the network input: the model's, less for speed, or two
  double score_threshold = -1;             // 0..1, boxes below are neither dumped nor counted; -1: the model's advice
  int64_t max_detections = -1;             // boxes an image, at least 1; -1: the model's own limit
  int64_t num_threads = -1;                // images computed at a time, at least 1; -1: all cores available
  int64_t num_processes = -1;              // readers of images, at least 1; -1: chosen by the program
  int64_t seed = 1;                        // of whatever is drawn by chance

  std::string embeddings;  // embeddings CSV to select by; empty: the network's

  // What to select; nothing unless one of these says how much. See run/selection_settings.h.
  std::string selection;             // JSON file, the client's selection_config
  int64_t selection_n_samples = -1;  // at least 1; -1: not given
  double selection_proportion_samples = -1;
  std::string selection_strategies;             // JSON list; empty: diversity of the embeddings
  std::string method = "coreset";               // of the older interface: coreset, random or coral
  double stopping_condition_n_samples = -1;     // below 1 a share, else a number; -1: not given
  double stopping_condition_min_distance = -1;  // 0..2; -1: none
  std::string scorer = "object-frequency";      // what coral prefers images by
  double scorer_frequency_penalty = 0.25;       // worth of a second object of a class, 0..1
  double scorer_min_score = 0.9;                // worth of the image with the least, 0..1
  std::string pretagging_config;                // JSON file, least number of objects of each class
  std::string object_level_task;                // select the objects of this prediction task; empty: images
  double object_level_padding = 0;              // of their crops, part of the box's width and height
  std::string object_level_crop_dataset;        // of the server, for the crops; empty: <dataset>-crops
  std::string active_learning_task;             // prediction task to take scores from; empty: none
  std::string active_learning_score = "uncertainty_margin";
  int64_t selected_sequence_length = 1;          // images of a folder that are selected together
  bool dump_dataset = false;                     // copy the selected images into the run folder
  std::string output_image_size = "-1";          // of these copies: -1, the shorter side, or [height, width], in pixels
  std::string output_image_format = "original";  // of these copies: original, png or jpg
  int64_t n_example_images = 6;                  // kept and removed images shown in the report, pairs
  bool show_video_sampling_timeline = true;      // in the report: where selected frames lie in their videos
  std::string datapool_name;                     // add to what was selected under this name; empty: start anew
  bool datapool_keep_history = true;
  bool enable_datapool_update = true;  // these two: false leaves the pool as it is
  bool datasource_enable_datapool_update = true;

  int64_t max_image_pixels = 200'000'000;      // larger images are refused from their header, unread
  int64_t max_image_bytes = int64_t{1} << 28;  // larger files are refused unread
};

// Sequences have no gaps, so nothing is taken out of them.
inline bool removes_duplicates(const RunConfig& config) {
  return config.remove_exact_duplicates && config.selected_sequence_length <= 1;
}

}  // namespace pretag
