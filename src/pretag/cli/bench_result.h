// What `pretag bench` found out, as plain data. All times are of one thread computing one image, unless said otherwise.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pretag/cli/libraries.h"
#include "pretag/data/accuracy.h"
#include "pretag/data/precision.h"
#include "pretag/util/cpu_features.h"
#include "pretag/util/machine.h"

namespace pretag {

// The fastest that one thread, or the GPU, multiplies and adds, measured in the same run.
struct BenchPeak {
  Precision precision = Precision::kFloat32;
  double gflops = 0;           // 1e9 multiplications and additions a second
  std::string shape;           // of the 1x1 convolution that reached it, "channels x rows x columns"
  std::string implementation;  // oneDNN's name
};

struct BenchLayer {
  std::string name;                             // in the weight file
  Precision computed_in = Precision::kFloat32;  // of this layer: some stay in floats in an int8 network
  std::string implementation;                   // oneDNN's name; several have a '+' between them
  int calls = 0;                                // an image: the proposal network's layers come once a level
  double seconds = 0;                           // an image, median
  double multiplications = 0;                   // an image, of the direct convolution, mean
  double share = 0;                             // of the image's time, 0..1
  double gflops = 0;                            // of the direct convolution
  double peak_share = 0;                        // gflops in peaks of `computed_in`; Winograd's may be above 1
};

struct BenchStage {
  std::string name;
  double seconds = 0;  // median
  double share = 0;    // of the image's time, 0..1; those of all stages add up to 1
};

struct BenchProfile {
  Precision precision = Precision::kFloat32;
  int images = 0;                // measured
  double image_seconds = 0;      // median, from the encoded bytes to the detections
  double convolution_share = 0;  // of the image's time, 0..1
  std::vector<BenchLayer> layers;
  std::vector<BenchStage> stages;
};

// So many threads with an image each, from encoded bytes in memory to detections.
struct BenchSpeed {
  int min_size = 0, max_size = 0;  // network input: short side, limit of the long side
  Accuracy accuracy = Accuracy::kFull;
  Precision precision = Precision::kFloat32;
  int threads = 1;
  double images_per_second = 0;  // median of `rounds`
  std::vector<double> rounds;
};

struct BenchResult {
  CpuFeatures cpu;
  MachineInfo machine;
  double load = 0;  // processes that wanted to run in the minute before
  std::string onednn_isa;
  std::vector<Library> libraries;
  std::string gpu;    // that computes: its name and driver; empty: the processor does
  std::string model;  // path
  int min_size = 0, max_size = 0;
  std::string images;                      // what was computed: "3 of photos/", "a synthetic frame, 1280x720"
  std::string ranges;                      // where int8's activation ranges come from; empty without int8
  Precision chosen = Precision::kFloat32;  // what precision=auto takes, or what was asked for
  std::vector<BenchPeak> peaks;
  std::vector<BenchProfile> profiles;  // one a precision, at the model's input size
  std::vector<BenchSpeed> layouts;     // precisions and numbers of threads, at the model's input size and torchvision's
  std::vector<BenchSpeed> presets;     // accuracy=full|balanced|fast|best in the chosen precision, all threads
};

// Three tables for people, at most 100 columns; ends with a line break.
std::string bench_text(const BenchResult& result);
// One JSON object with everything; ends with a line break.
std::string bench_json(const BenchResult& result);

}  // namespace pretag
