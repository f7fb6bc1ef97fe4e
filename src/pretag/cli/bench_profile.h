// Where the time of an image goes: by layer and by stage.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pretag/cli/bench_model.h"
#include "pretag/cli/bench_result.h"
#include "pretag/nn/compute_profile.h"
#include "pretag/util/clock.h"

namespace pretag {

// One image, by layer and by stage, each in the order in which they came first.
struct ImageTimes {
  struct Layer {
    std::string name, implementation;
    Precision computed_in = Precision::kFloat32;
    int calls = 0;
    double multiplications = 0, seconds = 0;
  };
  struct Stage {
    std::string name;
    double seconds = 0;
  };
  std::vector<Layer> layers;
  std::vector<Stage> stages;

  double seconds() const;  // of all stages
  double convolution_seconds() const;
};

// Records an image from its construction on.
class ImageRecorder : public ComputeProfile {
 public:
  explicit ImageRecorder(const Clock& clock = steady_clock()) : clock_(clock), last_(clock.seconds()) {}
  void convolved(const ConvolutionWork& work) override;
  void lap(std::string_view stage) override;
  const ImageTimes& times() const { return times_; }

 private:
  const Clock& clock_;
  double last_;  // when the last lap ended, seconds
  ImageTimes times_;
  std::map<std::string, size_t, std::less<>> layer_index_, stage_index_;
};

// Medians of times and means of shares over images; each has the same stages and layers, but for those of images in
// which nothing was found. `images` is not empty.
BenchProfile summarise(Precision precision, const std::vector<ImageTimes>& images, const std::vector<BenchPeak>& peaks);

// Fills in peaks and profiles, at the model's input size: `rounds` times each frame in each precision, in turns.
Status profile_precisions(const BenchModel& model, const BenchFrames& frames, int rounds, const BenchProgress& progress,
                          BenchResult& result);

}  // namespace pretag
