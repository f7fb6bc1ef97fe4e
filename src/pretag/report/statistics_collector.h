// Counts objects, one image at a time.
#pragma once

#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pretag/data/image_info.h"
#include "pretag/data/prediction.h"
#include "pretag/report/object_statistics.h"
#include "pretag/report/quantile_sketch.h"

namespace pretag {

// Memory depends on the number of classes alone. The same images give the same numbers in any order but for rounding
// of the means. Not thread-safe.
class StatisticsCollector {
 public:
  // `classes` are listed in this order even where nothing of them is found.
  StatisticsCollector(const std::vector<std::string>& classes, float score_threshold);

  // Detections below the threshold count for the score histogram only.
  void add(const ImageInfo& info, std::span<const Detection> detections);
  // With `ranges`, histograms of brightness and the like cover the same ranges as there, so that the two compare.
  ObjectStatistics statistics(const ObjectStatistics* ranges = nullptr) const;

 private:
  size_t class_index(const std::string& name);
  void count_classes_of_image();
  void add_object(ClassStatistics& statistics, const ImageInfo& info, const Detection& detection);

  float score_threshold_;
  ObjectStatistics totals_;
  std::map<std::string, size_t, std::less<>> index_of_class_;
  std::vector<double> score_sums_;              // a class
  std::map<size_t, int64_t> classes_of_image_;  // objects in the image that is being added, a class
  std::map<std::pair<size_t, size_t>, int64_t> class_pairs_;
  QuantileSketch luminance_, sharpness_, snr_, megapixels_;
};

}  // namespace pretag
