#include "pretag/report/debug_choice.h"

#include <algorithm>
#include <utility>

namespace pretag {
namespace {

DebugChoice make_choice(const ImageInfo& info, std::span<const Detection> detections) {
  DebugChoice choice{info.filename, info.width, info.height, {}};
  for (const Detection& detection : detections.first(std::min(detections.size(), kMostDrawnDetections)))
    choice.detections.push_back({detection.box_in_image, detection.label, detection.score, {}});
  return choice;
}

bool contains(const std::vector<DebugChoice>& choices, const std::string& filename) {
  return std::ranges::any_of(choices, [&](const DebugChoice& choice) { return choice.filename == filename; });
}

bool shows_class(const std::vector<DebugChoice>& choices, const std::string& label) {
  return std::ranges::any_of(choices, [&](const DebugChoice& choice) {
    return std::ranges::any_of(choice.detections, [&](const Detection& detection) { return detection.label == label; });
  });
}

}  // namespace

void SpreadSample::keep(DebugChoice item) {
  items_.push_back(std::move(item));
  if (items_.size() < 2 * capacity_) return;
  // items_[i] is item i * stride_ of the stream: the even ones are those of the doubled stride.
  for (size_t i = 0; 2 * i < items_.size(); ++i)
    if (i > 0) items_[i] = std::move(items_[2 * i]);
  items_.resize((items_.size() + 1) / 2);
  stride_ *= 2;
}

std::vector<DebugChoice> SpreadSample::pick(size_t count) const {
  if (count >= items_.size()) return items_;
  std::vector<DebugChoice> picked;
  for (size_t i = 0; i < count; ++i) picked.push_back(items_[count == 1 ? 0 : i * (items_.size() - 1) / (count - 1)]);
  return picked;
}

DebugChooser::DebugChooser(const Options& options)
    : options_(options), with_objects_(2 * options.most), without_objects_(2 * options.most) {}

void DebugChooser::add(const ImageInfo& info, std::span<const Detection> detections) {
  for (const Detection& detection : detections.first(std::min(detections.size(), kMostDrawnDetections))) {
    ClassExample& best = best_of_class_[detection.label];
    ++best.objects;
    if (detection.score <= best.score) continue;
    best.score = detection.score;
    if (best.choice.filename != info.filename) best.choice = make_choice(info, detections);
  }
  SpreadSample& sample = detections.empty() ? without_objects_ : with_objects_;
  if (sample.wants_next()) sample.keep(make_choice(info, detections));
}

std::vector<DebugChoice> DebugChooser::choose() const {
  std::vector<std::pair<int64_t, const std::string*>> rarest_first;
  for (const auto& [label, example] : best_of_class_) rarest_first.emplace_back(example.objects, &label);
  std::ranges::sort(rarest_first, [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : *a.second < *b.second;
  });

  std::vector<DebugChoice> choices;
  for (const auto& [objects, label] : rarest_first) {
    if (choices.size() < options_.most && !shows_class(choices, *label))
      choices.push_back(best_of_class_.at(*label).choice);
  }
  for (SpreadSample sample : {with_objects_, without_objects_}) {
    if (choices.size() >= options_.wanted) break;
    sample.drop_if([&](const DebugChoice& item) { return contains(choices, item.filename); });
    std::ranges::move(sample.pick(options_.wanted - choices.size()), std::back_inserter(choices));
  }
  return choices;
}

}  // namespace pretag
