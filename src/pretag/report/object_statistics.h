// What the objects in a set of images look like, in numbers. A report holds one for all images and, after a selection,
// one more for the selected ones.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace pretag {

// Bin i of n covers [i/n, (i+1)/n); a score of exactly 1 is in the last.
inline constexpr int kScoreBins = 20;
// Bin i covers relative areas (box area / image area) of [10^(i/2 - 5), 10^((i+1)/2 - 5)); smaller ones are in bin 0.
inline constexpr int kRelativeAreaBins = 10;
// images_by_objects[k] counts images with exactly k objects of a class; the last one those with this many or more.
inline constexpr int kMostObjectsOfAClass = 20;
// objects_per_image[k] counts images with exactly k objects; the last one those with this many or more.
inline constexpr int kMostObjectsPerImage = 100;

// COCO's size classes, by box area in pixels of the image: below 32², below 96², the rest.
struct BoxSizeCounts {
  int64_t small = 0, medium = 0, large = 0;
};

// Equal bins over [low, high]; what lies outside is counted in the first or the last bin.
struct Histogram {
  double low = 0, high = 0;
  std::vector<int64_t> counts;  // empty without values

  double bin_width() const { return counts.empty() ? 0 : (high - low) / static_cast<double>(counts.size()); }
  double edge(size_t i) const { return low + static_cast<double>(i) * bin_width(); }
};

// The bin of a histogram of `bins` bins that `value` belongs to.
inline size_t histogram_bin(double value, double low, double high, size_t bins) {
  const double position = (value - low) / (high - low) * static_cast<double>(bins);
  return static_cast<size_t>(std::clamp(position, 0.0, static_cast<double>(bins) - 1));
}

struct ClassStatistics {
  std::string name;
  int64_t objects = 0;    // at or above the score threshold, like everything here but score_histogram
  int64_t images = 0;     // images with at least one
  double mean_score = 0;  // 0 without objects
  BoxSizeCounts sizes;
  std::array<int64_t, kMostObjectsOfAClass + 1> images_by_objects = {};
  std::array<int64_t, kRelativeAreaBins> relative_areas = {};
  // Every detection that was handed in, also those below the score threshold: it shows how clear a cut that is.
  std::array<int64_t, kScoreBins> score_histogram = {};
};

// Quantiles and the histogram's edges are right to 0.5 % of the value (see QuantileSketch); mean, deviation and
// extremes are exact. All 0 without values.
struct NumericSummary {
  int64_t count = 0;
  double mean = 0, deviation = 0, min = 0, p05 = 0, p25 = 0, median = 0, p75 = 0, p95 = 0, max = 0;
  Histogram histogram;
};

// Images in which objects of two classes were found.
struct ClassPair {
  size_t first = 0, second = 0;  // indices in ObjectStatistics::classes, first < second
  int64_t images = 0;            // > 0
};

struct ObjectStatistics {
  int64_t images = 0, images_without_objects = 0, objects = 0;
  std::vector<ClassStatistics> classes;  // in the model's order; classes that only the detections name come last
  std::vector<ClassPair> class_pairs;    // by first, then second; a class with itself is ClassStatistics::images
  std::vector<int64_t> objects_per_image = std::vector<int64_t>(kMostObjectsPerImage + 1);
  NumericSummary luminance, sharpness, snr, megapixels;  // of the images; see ImageQuality

  // Null for a class that is not listed.
  const ClassStatistics* find_class(const std::string& name) const {
    const auto entry = std::ranges::find(classes, name, &ClassStatistics::name);
    return entry == classes.end() ? nullptr : &*entry;
  }
  int64_t objects_of(const std::string& name) const {
    const ClassStatistics* entry = find_class(name);
    return entry != nullptr ? entry->objects : 0;
  }
  // How many classes have an object.
  int64_t classes_found() const {
    return std::ranges::count_if(classes, [](const ClassStatistics& entry) { return entry.objects > 0; });
  }
  // 0 for a set without images.
  double mean_objects_per_image() const { return per_image(objects); }
  double per_image(int64_t count) const {
    return images > 0 ? static_cast<double>(count) / static_cast<double>(images) : 0;
  }
  double share_of_objects(int64_t count) const {
    return objects > 0 ? static_cast<double>(count) / static_cast<double>(objects) : 0;
  }
};

}  // namespace pretag
