#include "pretag/eval/alignment.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace pretag {
namespace {

constexpr int kRounds = 8;  // a class's change moves the others' probabilities a little
constexpr double kSwitchedOff = -10;
constexpr double kMostChange = 3;  // 0.05, below which detectors say nothing, becomes 0.5

bool lies_in(const Box& box, const Box& crowd) {
  const float x = (box.x1 + box.x2) / 2, y = (box.y1 + box.y2) / 2;
  return x >= crowd.x1 && x <= crowd.x2 && y >= crowd.y1 && y <= crowd.y2;
}

// One class: its place among the probabilities, its objects, and the probabilities of its detections.
struct ClassData {
  size_t index = 0;
  int64_t objects = 0;
  std::vector<const std::vector<float>*> detections;
};

void add_image(const EvalImage& image, const std::string& name, ClassData& data) {
  std::vector<Box> crowds;
  for (const GroundTruth& object : image.truth.objects) {
    if (object.label != name) continue;
    if (object.crowd) {
      crowds.push_back(object.box_in_image);
    } else {
      ++data.objects;
    }
  }
  for (const Detection& detection : image.prediction.detections) {
    if (detection.label != name || detection.probabilities.size() <= data.index) continue;
    const Box& box = detection.box_in_image;
    if (std::ranges::any_of(crowds, [&](const Box& crowd) { return lies_in(box, crowd); })) continue;
    data.detections.push_back(&detection.probabilities);
  }
}

// The change of the class's own logit with which a detection just reaches the threshold, all other changes as they are.
// With p the softmax: p_c exp(x) / (p_c exp(x) + rest) = threshold.
double change_needed(const std::vector<float>& probabilities, size_t index, const std::vector<double>& changes,
                     double log_odds) {
  double rest = 0;
  for (size_t k = 0; k < probabilities.size(); ++k) {
    if (k != index) rest += probabilities[k] * std::exp(changes[k]);
  }
  constexpr double kTiny = 1e-12;
  return log_odds + std::log(std::max(rest, kTiny) / std::max<double>(probabilities[index], kTiny));
}

std::vector<double> changes_needed(const ClassData& data, const std::vector<double>& changes, double log_odds) {
  std::vector<double> needed;
  for (const auto* probabilities : data.detections) {
    needed.push_back(change_needed(*probabilities, data.index, changes, log_odds));
  }
  std::ranges::sort(needed);
  return needed;
}

int64_t count_at(const ClassData& data, const std::vector<double>& changes, double log_odds) {
  const std::vector<double> needed = changes_needed(data, changes, log_odds);
  return std::distance(needed.begin(), std::ranges::upper_bound(needed, changes[data.index]));
}

// Between the last detection that should count and the first that should not; none where no more were recorded than
// are wanted, as nobody knows what else a lower score would count.
double aligned_change(const ClassData& data, const std::vector<double>& changes, double log_odds) {
  const std::vector<double> needed = changes_needed(data, changes, log_odds);
  const auto wanted = static_cast<size_t>(data.objects);
  if (wanted >= needed.size()) return 0;
  return std::clamp((needed[wanted - 1] + needed[wanted]) / 2, -kMostChange, kMostChange);
}

}  // namespace

std::vector<ClassAlignment> align_counts(std::span<const EvalImage> images, const AlignmentOptions& options) {
  std::vector<std::string> names = options.labelled;
  const auto is_off = [&](const std::string& name) { return std::ranges::count(options.switched_off, name) > 0; };
  for (const std::string& name : options.switched_off) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  std::vector<ClassData> classes;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(options.classes, name);
    ClassData& data =
        classes.emplace_back(ClassData{static_cast<size_t>(std::distance(options.classes.begin(), found)), 0, {}});
    for (const EvalImage& image : images) add_image(image, name, data);
  }

  const double threshold = std::clamp<double>(options.score_threshold, 0.01, 0.99);
  const double log_odds = std::log(threshold / (1 - threshold));
  const std::vector<double> unchanged(options.classes.size() + 1, 0.0);
  std::vector<double> changes = unchanged;
  for (size_t i = 0; i < classes.size(); ++i) {
    if (is_off(names[i])) changes[classes[i].index] = kSwitchedOff;
  }
  for (int round = 0; round < kRounds; ++round) {
    for (size_t i = 0; i < classes.size(); ++i) {
      const ClassData& data = classes[i];
      if (is_off(names[i])) continue;
      if (data.objects < std::max<int64_t>(options.fewest_objects, 1) || data.detections.empty()) continue;
      changes[data.index] = aligned_change(data, changes, log_odds);
    }
  }

  std::vector<ClassAlignment> result;
  for (size_t i = 0; i < classes.size(); ++i) {
    const ClassData& data = classes[i];
    result.push_back({.name = names[i],
                      .objects = data.objects,
                      .before = count_at(data, unchanged, log_odds),
                      .after = count_at(data, changes, log_odds),
                      .change = static_cast<float>(changes[data.index])});
  }
  return result;
}

}  // namespace pretag
