#include "pretag/report/plots.h"

#include <algorithm>

#include "pretag/report/report_words.h"

namespace pretag {
namespace {

bool has_images(const ReportModel& model) { return model.input.images > 0; }
bool has_selection(const ReportModel& model) { return looked_for_objects(model) && model.selected.has_value(); }
bool has_selected_pairs(const ReportModel& model) { return !model.embeddings.selected_distances.counts.empty(); }
bool has_coverage(const ReportModel& model) { return model.embeddings.measured > 0; }

struct Plot {
  Chart (*make)(const ReportModel&, double width);
  bool (*applies)(const ReportModel&);
};

constexpr Plot kPlots[] = {
    {pretagging_histogram, looked_for_objects},
    {pretagging_histogram_before, looked_for_objects},
    {pretagging_histogram_after, has_selection},
    {selected_objects_histogram, has_selected_objects},
    {class_distributions, has_objects},
    {class_cooccurrence, has_class_pairs},
    {objects_per_image_histogram, looked_for_objects},
    {score_histogram, looked_for_objects},
    {box_size_histogram, looked_for_objects},
    {brightness_histogram, has_images},
    {sharpness_histogram, has_images},
    {scatter_umap, has_embeddings},
    {scatter_pca, has_embeddings},
    {distance_distr_before, has_embeddings},
    {distance_distr_after, has_selected_pairs},
    {distance_to_selected, has_coverage},
    {video_sampling_timeline, has_timelines},
};

}  // namespace

std::vector<MakeChart> plots_of(const ReportModel& model) {
  std::vector<MakeChart> charts;
  for (const Plot& plot : kPlots)
    if (plot.applies(model)) charts.emplace_back(plot.make);
  return charts;
}

bool has_objects(const ReportModel& model) { return model.input.objects > 0; }
bool has_detections(const ReportModel& model) {
  return std::ranges::any_of(model.input.classes, [](const ClassStatistics& entry) {
    return std::ranges::any_of(entry.score_histogram, [](int64_t count) { return count > 0; });
  });
}
bool has_selected_objects(const ReportModel& model) {
  return model.selection && model.selection->objects && model.selection->objects->inputs > 0;
}
bool has_class_pairs(const ReportModel& model) { return !model.input.class_pairs.empty(); }
bool has_embeddings(const ReportModel& model) { return model.embeddings.images >= 2; }
bool has_timelines(const ReportModel& model) { return !model.videos.listed.empty(); }

}  // namespace pretag
