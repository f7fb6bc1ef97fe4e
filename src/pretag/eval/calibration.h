// Whether scores mean what they say: of the detections with a score of 0.8, four of five should be right.
// The expected calibration error of Guo et al., "On Calibration of Modern Neural Networks" (2017), equation 3.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace pretag {

struct Calibration {
  static constexpr size_t kBins = 10;

  // Detections with scores in [i / 10, (i + 1) / 10), the last with 1, too.
  struct Bin {
    int64_t detections = 0;
    int64_t right = 0;
    double score_sum = 0;
  };
  std::array<Bin, kBins> bins{};

  void add(float score, bool right);
  void add(const Calibration& other);
  // The mean over the detections of how far the share of right ones is from the mean score of their bin, 0..1; nothing
  // without detections.
  std::optional<double> error() const;
};

}  // namespace pretag
