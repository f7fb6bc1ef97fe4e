// The settings of a run: where they come from is run/config.h, what each is called is run/config_keys.h.
#pragma once

#include <cstdint>
#include <string>

#include "pretag/data/precision.h"

namespace pretag {

// Defaults are the command line's. The two differ from the closed product's in one point: pretagging is on, since it is
// what `pretag run` is for; a job from a server says explicitly whether it wants it.
struct RunConfig {
  bool pretagging = true;                // run the detector; else inputs are only checked
  bool pretagging_debug = false;         // a few images with their boxes drawn, for the report
  bool enable_corruptness_check = true;  // list what cannot be decoded as corrupt
  bool remove_exact_duplicates = true;   // keep one of several identical images
  std::string relevant_filenames_file;   // text file, one path or pattern a line; empty: every file

  std::string model;                       // file, or name of an installed model; empty: the bundled one
  Precision precision = Precision::kAuto;  // number format of the network; auto: the fastest that is native
  double score_threshold = -1;             // 0..1, boxes below are neither dumped nor counted; -1: the model's advice
  int64_t max_detections = -1;             // boxes an image, at least 1; -1: the model's own limit
  int64_t num_threads = -1;                // images computed at a time, at least 1; -1: all cores available
  int64_t num_processes = -1;              // the product's key for readers, at least 1; -1: chosen by the program
  int64_t seed = 1;                        // of whatever is drawn by chance
  int64_t max_image_pixels = 200'000'000;  // larger images are refused from their header, unread
  int64_t max_image_bytes = int64_t{1} << 28;  // larger files are refused unread
};

}  // namespace pretag
