#include "pretag/report/rare_choice.h"

#include <algorithm>
#include <set>
#include <utility>

namespace pretag {
namespace {

constexpr size_t kMostDetections = 20;  // in a small picture

float best_score(const DebugChoice& choice) { return choice.detections.front().score; }

DebugChoice choice_of_class(const ImageInfo& info, std::span<const Detection> detections, const std::string& label) {
  DebugChoice choice{info.filename, info.width, info.height, {}};
  for (const Detection& detection : detections)
    if (detection.label == label && choice.detections.size() < kMostDetections)
      choice.detections.push_back({detection.box_in_image, detection.label, detection.score, {}});
  return choice;
}

}  // namespace

void RareChooser::add(const ImageInfo& info, std::span<const Detection> detections) {
  std::set<std::string_view> seen;
  for (const Detection& detection : detections) {
    ClassExamples& examples = classes_[detection.label];
    ++examples.objects;
    // The first of a class is its best in this image.
    if (!seen.insert(detection.label).second) continue;
    const bool is_full = examples.best.size() == kPictures;
    if (is_full && detection.score <= best_score(examples.best.back())) continue;
    if (is_full) examples.best.pop_back();
    const auto place = std::ranges::find_if(
        examples.best, [&](const DebugChoice& choice) { return best_score(choice) < detection.score; });
    examples.best.insert(place, choice_of_class(info, detections, detection.label));
  }
}

std::vector<RareChoice> RareChooser::choose() const {
  std::vector<std::pair<int64_t, std::string>> rarest_first;
  for (const auto& [label, examples] : classes_) rarest_first.emplace_back(examples.objects, label);
  std::ranges::sort(rarest_first);
  rarest_first.resize(std::min(kMostClasses, rarest_first.size() / 2));
  std::vector<RareChoice> choices;
  for (const auto& [objects, label] : rarest_first) choices.push_back({label, classes_.at(label).best});
  return choices;
}

}  // namespace pretag
