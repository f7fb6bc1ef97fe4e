#include "pretag/report/statistics_collector.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace pretag {
namespace {

constexpr double kSmallArea = 32 * 32, kMediumArea = 96 * 96;  // COCO, pycocotools areaRng

// In float, as scores are: 0.7f * 20 is 14, in double it would fall just short of that bin.
size_t score_bin(float score) { return static_cast<size_t>(std::clamp(score * kScoreBins, 0.0f, kScoreBins - 1.0f)); }

size_t relative_area_bin(double relative_area) {
  if (!(relative_area > 0)) return 0;
  return static_cast<size_t>(std::clamp((std::log10(relative_area) + 5) * 2, 0.0, kRelativeAreaBins - 1.0));
}

}  // namespace

StatisticsCollector::StatisticsCollector(const std::vector<std::string>& classes, float score_threshold)
    : score_threshold_(score_threshold) {
  for (const std::string& name : classes) class_index(name);
}

size_t StatisticsCollector::class_index(const std::string& name) {
  const auto [entry, is_new] = index_of_class_.try_emplace(name, totals_.classes.size());
  if (is_new) {
    totals_.classes.emplace_back().name = name;
    score_sums_.push_back(0);
  }
  return entry->second;
}

void StatisticsCollector::add_object(ClassStatistics& statistics, const ImageInfo& info, const Detection& detection) {
  ++statistics.objects;
  const double area = detection.box_in_image.area();
  ++(area < kSmallArea    ? statistics.sizes.small
     : area < kMediumArea ? statistics.sizes.medium
                          : statistics.sizes.large);
  const double image_area = static_cast<double>(info.width) * info.height;
  ++statistics.relative_areas[relative_area_bin(image_area > 0 ? area / image_area : 0)];
}

void StatisticsCollector::add(const ImageInfo& info, std::span<const Detection> detections) {
  ++totals_.images;
  int64_t objects = 0;
  classes_of_image_.clear();
  for (const Detection& detection : detections) {
    if (!std::isfinite(detection.score)) continue;
    const size_t index = class_index(detection.label);
    ClassStatistics& statistics = totals_.classes[index];
    ++statistics.score_histogram[score_bin(detection.score)];
    if (detection.score < score_threshold_) continue;
    add_object(statistics, info, detection);
    score_sums_[index] += detection.score;
    ++classes_of_image_[index];
    ++objects;
  }
  count_classes_of_image();
  totals_.objects += objects;
  if (objects == 0) ++totals_.images_without_objects;
  ++totals_.objects_per_image[static_cast<size_t>(std::min<int64_t>(objects, kMostObjectsPerImage))];
  luminance_.add(info.quality.luminance);
  sharpness_.add(info.quality.sharpness);
  snr_.add(info.quality.snr);
  megapixels_.add(static_cast<double>(info.width) * info.height / 1e6);
}

void StatisticsCollector::count_classes_of_image() {
  for (auto one = classes_of_image_.begin(); one != classes_of_image_.end(); ++one) {
    ClassStatistics& statistics = totals_.classes[one->first];
    ++statistics.images;
    ++statistics.images_by_objects[static_cast<size_t>(std::min<int64_t>(one->second, kMostObjectsOfAClass))];
    for (auto other = std::next(one); other != classes_of_image_.end(); ++other)
      ++class_pairs_[{one->first, other->first}];
  }
}

ObjectStatistics StatisticsCollector::statistics(const ObjectStatistics* ranges) const {
  ObjectStatistics result = totals_;
  for (size_t i = 0; i < result.classes.size(); ++i) {
    ClassStatistics& statistics = result.classes[i];
    if (statistics.objects > 0) statistics.mean_score = score_sums_[i] / static_cast<double>(statistics.objects);
    statistics.images_by_objects[0] = result.images - statistics.images;
  }
  for (const auto& [pair, images] : class_pairs_) result.class_pairs.push_back({pair.first, pair.second, images});
  const auto summary = [&](const QuantileSketch& sketch, NumericSummary ObjectStatistics::*member) {
    const Histogram* range = ranges != nullptr ? &(ranges->*member).histogram : nullptr;
    const bool known = range != nullptr && range->high > range->low;
    result.*member = sketch.summary(known ? range->low : 0, known ? range->high : sketch.useful_high());
  };
  constexpr double kWhite = 100;  // CIE L*
  result.luminance = luminance_.summary(0, kWhite);
  summary(sharpness_, &ObjectStatistics::sharpness);
  summary(snr_, &ObjectStatistics::snr);
  summary(megapixels_, &ObjectStatistics::megapixels);
  return result;
}

}  // namespace pretag
