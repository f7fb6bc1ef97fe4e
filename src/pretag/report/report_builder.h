// Turns the images of a run, one at a time, into a ReportModel.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/data/image_info.h"
#include "pretag/data/prediction.h"
#include "pretag/data/selection.h"
#include "pretag/report/debug_choice.h"
#include "pretag/report/embedding_analysis.h"
#include "pretag/report/rare_choice.h"
#include "pretag/report/report_model.h"
#include "pretag/report/report_pictures.h"
#include "pretag/report/statistics_collector.h"
#include "pretag/report/video_timelines.h"

namespace pretag {

struct ReportOptions {
  const Selection* selection = nullptr;                    // null: nothing was selected; must outlive the builder
  const std::vector<DuplicatePair>* duplicates = nullptr;  // null: not looked for; must outlive the builder
  size_t example_pairs = 3;                                // an image that was left out beside its nearest selected one
  bool video_timelines = true;                             // where selected frames lie in their videos
  DebugChooser::Options debug = {};
};

// Feed it in a fixed order (the ledger's) and the report is the same every time. Memory does not grow with the number
// of images but for the selected ones, see EmbeddingAnalysis. Not thread-safe.
class ReportBuilder {
 public:
  // `classes`: what the model reports, in its order. Detections below `score_threshold` are not counted, see
  // StatisticsCollector.
  ReportBuilder(const std::vector<std::string>& classes, float score_threshold, const ReportOptions& options = {});

  // `detections` by falling score. `embedding` may be empty.
  void add(const ImageInfo& info, std::span<const Detection> detections, std::span<const float> embedding = {});
  void add_failure(const std::string& filename, const std::string& reason);

  // Everything but job and model facts and pictures, which the caller adds.
  ReportModel model() const;
  std::vector<DebugChoice> debug_choices() const { return debug_chooser_.choose(); }
  std::vector<RareChoice> rare_choices() const { return rare_chooser_.choose(); }

 private:
  ImageFate fate_of(const std::string& filename) const;

  float score_threshold_;
  ReportOptions options_;
  std::set<std::string_view> selected_names_, preselected_names_, duplicate_names_;  // of what options_ points to
  StatisticsCollector all_, selected_;
  EmbeddingAnalysis embeddings_;
  DebugChooser debug_chooser_;
  RareChooser rare_chooser_;
  VideoTimelineCollector videos_;
  int64_t images_ = 0, failed_images_ = 0;
  std::vector<ReportFailure> failures_;
};

}  // namespace pretag
