// Turns the images of a run, one at a time, into a ReportModel.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "pretag/data/image_info.h"
#include "pretag/data/prediction.h"
#include "pretag/image/image.h"
#include "pretag/report/debug_choice.h"
#include "pretag/report/report_model.h"
#include "pretag/report/statistics_collector.h"
#include "pretag/util/result.h"

namespace pretag {

// Feed it in a fixed order (the ledger's) and the report is the same every time. Memory does not grow with the number
// of images. Not thread-safe.
class ReportBuilder {
 public:
  // `classes`: what the model reports, in its order. Detections below `score_threshold` are not counted, see
  // StatisticsCollector.
  ReportBuilder(const std::vector<std::string>& classes, float score_threshold,
                const DebugChooser::Options& debug_options = {});

  // `detections` by falling score.
  void add(const ImageInfo& info, std::span<const Detection> detections);
  void add_failure(const std::string& filename, const std::string& reason);

  // Counts and failures; the caller adds job and model facts, and the debug images if wanted.
  ReportModel model() const;
  std::vector<DebugChoice> debug_choices() const { return chooser_.choose(); }

 private:
  float score_threshold_;
  StatisticsCollector collector_;
  DebugChooser chooser_;
  int64_t images_ = 0, failed_images_ = 0;
  std::vector<ReportFailure> failures_;
};

// Opens, scales and draws the chosen pictures, one after the other (one decoded picture in memory at a time). One that
// `load` cannot open any more is counted in debug_images_unavailable and left out; only drawing itself can fail.
using LoadImage = std::function<Result<Image>(const std::string& filename)>;
Status add_debug_images(ReportModel& model, const std::vector<DebugChoice>& choices, const LoadImage& load);

}  // namespace pretag
