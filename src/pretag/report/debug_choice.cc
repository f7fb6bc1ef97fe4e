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
  items_.push_back({seen_ - 1, std::move(item)});
  while (items_.size() >= 2 * capacity_) {
    stride_ *= 2;
    std::erase_if(items_, [&](const Item& kept) { return scattered(kept.index) % stride_ != 0; });
  }
}

std::vector<DebugChoice> SpreadSample::pick(size_t count) const {
  count = std::min(count, items_.size());
  if (count == 0) return {};
  // One of each part of the stream, as if by chance; where a part has none, others make up for it.
  std::vector<const Item*> chosen(count);
  std::vector<const Item*> others;
  for (const Item& item : items_) {
    const Item*& best = chosen[item.index * count / seen_];
    const Item* worse = &item;
    if (best == nullptr || scattered(item.index) < scattered(best->index)) std::swap(best, worse);
    if (worse != nullptr) others.push_back(worse);
  }
  std::erase(chosen, nullptr);
  chosen.insert(chosen.end(), others.begin(), others.begin() + static_cast<std::ptrdiff_t>(count - chosen.size()));
  std::ranges::sort(chosen, {}, &Item::index);
  std::vector<DebugChoice> picked;
  for (const Item* item : chosen) picked.push_back(item->choice);
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
