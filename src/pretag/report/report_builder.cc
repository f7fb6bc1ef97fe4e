#include "pretag/report/report_builder.h"

#include <algorithm>
#include <utility>

#include "pretag/report/debug_image.h"

namespace pretag {

ReportBuilder::ReportBuilder(const std::vector<std::string>& classes, float score_threshold,
                             const DebugChooser::Options& debug_options)
    : score_threshold_(score_threshold), collector_(classes, score_threshold), chooser_(debug_options) {}

void ReportBuilder::add(const ImageInfo& info, std::span<const Detection> detections) {
  ++images_;
  collector_.add(info, detections);
  const auto below = std::ranges::find_if(
      detections, [&](const Detection& detection) { return !(detection.score >= score_threshold_); });
  chooser_.add(info, detections.first(static_cast<size_t>(below - detections.begin())));
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
  model.input = collector_.statistics();
  model.failures = failures_;
  return model;
}

Status add_debug_images(ReportModel& model, const std::vector<DebugChoice>& choices, const LoadImage& load) {
  const Palette palette = palette_of(model);
  for (const DebugChoice& choice : choices) {
    const Result<Image> image = load(choice.filename);
    if (!image) {
      ++model.debug_images_unavailable;
      continue;
    }
    auto debug_image = make_debug_image(choice, *image, palette);
    if (!debug_image) return debug_image.error().in(choice.filename);
    model.debug_images.push_back(*std::move(debug_image));
  }
  return {};
}

}  // namespace pretag
