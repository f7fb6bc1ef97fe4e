#include "pretag/report/report_builder.h"

#include <algorithm>

namespace pretag {

ReportBuilder::ReportBuilder(const std::vector<std::string>& classes, float score_threshold,
                             const ReportOptions& options)
    : score_threshold_(score_threshold),
      options_(options),
      all_(classes, score_threshold),
      selected_(classes, score_threshold),
      debug_chooser_(options.debug) {
  if (options.duplicates != nullptr)
    for (const DuplicatePair& pair : *options.duplicates) duplicate_names_.insert(pair.filename);
  if (options.selection == nullptr) return;
  for (const SelectedSample& sample : options.selection->selected) selected_names_.insert(sample.filename);
  for (const DuplicatePair& pair : options.selection->duplicates) duplicate_names_.insert(pair.filename);
  preselected_names_.insert(options.selection->preselected.begin(), options.selection->preselected.end());
}

ImageFate ReportBuilder::fate_of(const std::string& filename) const {
  if (selected_names_.contains(filename)) return ImageFate::kSelected;
  if (preselected_names_.contains(filename)) return ImageFate::kPreselected;
  return duplicate_names_.contains(filename) ? ImageFate::kDuplicate : ImageFate::kRemoved;
}

void ReportBuilder::add(const ImageInfo& info, std::span<const Detection> detections,
                        std::span<const float> embedding) {
  ++images_;
  all_.add(info, detections);
  const bool is_selected = selected_names_.contains(info.filename);
  if (is_selected) selected_.add(info, detections);
  if (options_.video_timelines && options_.selection != nullptr) videos_.add(info.filename, is_selected);
  embeddings_.add(info.filename, embedding, fate_of(info.filename));
  const auto below = std::ranges::find_if(
      detections, [&](const Detection& detection) { return !(detection.score >= score_threshold_); });
  const auto counted = detections.first(static_cast<size_t>(below - detections.begin()));
  debug_chooser_.add(info, counted);
  rare_chooser_.add(info, counted);
}

void ReportBuilder::add_failure(const std::string& filename, const std::string& reason) {
  ++failed_images_;
  if (failures_.size() < kMostListedFailures) failures_.push_back({filename, reason});
}

ReportModel ReportBuilder::model() const {
  ReportModel model;
  model.model.score_threshold = score_threshold_;
  model.input_images = images_ + failed_images_;
  model.failed_images = failed_images_;
  model.input = all_.statistics();
  model.failures = failures_;
  if (options_.duplicates != nullptr) model.duplicates = report_duplicates(*options_.duplicates);
  if (options_.selection != nullptr) {
    model.selection = report_selection(*options_.selection);
    model.selected = selected_.statistics(&model.input);
  }
  model.videos = videos_.timelines();
  model.embeddings =
      embeddings_.statistics(options_.example_pairs, [this](const std::string& filename) { return fate_of(filename); });
  return model;
}

}  // namespace pretag
