#include "pretag/report/plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>

#include "pretag/report/histogram_chart.h"
#include "pretag/report/scatter_chart.h"
#include "pretag/report/text.h"

namespace pretag {
namespace {

std::vector<Point> positions(const std::vector<ScatterPoint>& points, ScatterPlace place) {
  std::vector<Point> result;
  for (const ScatterPoint& point : points) result.push_back({(point.*place)[0], (point.*place)[1]});
  return result;
}

// The selected ones come on top of a sample of all, which may hold some of them.
int64_t drawn_images(const EmbeddingStatistics& embeddings) {
  std::set<std::string_view> names;
  for (const auto* points : {&embeddings.input_points, &embeddings.selected_points})
    for (const ScatterPoint& point : *points) names.insert(point.filename);
  return static_cast<int64_t>(names.size());
}

// Adds what both scatter plots have.
Chart scatter(const ReportModel& model, ScatterSpec spec, ScatterPlace place, double width) {
  const EmbeddingStatistics& embeddings = model.embeddings;
  spec.subtitle += fmt::format(" ({} of {} are drawn)", format_count(drawn_images(embeddings)),
                               format_counted(embeddings.images, "image", "images"));
  const double size = embeddings.input_points.size() > 500 ? 3.5 : 5.5;
  const bool highlights = !embeddings.selected_points.empty();
  spec.series.push_back(
      {"All images", positions(embeddings.input_points, place), highlights ? Tone::kAccentSoft : Tone::kAccent, size});
  if (highlights)
    spec.series.push_back({"Selected", positions(embeddings.selected_points, place), Tone::kAccent, size + 1});
  spec.description = "Scatter plot of the images' embeddings in two dimensions. " + spec.subtitle;
  return scatter_chart(spec, width);
}

// `what` of the hover text: "pairs", "images". The last column holds everything beyond, up to `farthest`, too.
Chart distances_chart(const Histogram& histogram, HistogramSpec spec, std::string_view what, double width,
                      double farthest = 0) {
  spec.x_label = "Distance of the embeddings";
  const bool is_open = farthest > histogram.high;
  for (size_t i = 0; i < histogram.counts.size(); ++i) {
    const int64_t count = histogram.counts[i];
    const bool is_last = i + 1 == histogram.counts.size();
    const std::string range = is_last && is_open
                                  ? fmt::format("{:.2f} or more", histogram.edge(i))
                                  : fmt::format("{:.2f}–{:.2f}", histogram.edge(i), histogram.edge(i + 1));
    spec.columns.push_back({static_cast<double>(count), fmt::format("{}: {} {}", range, format_count(count), what)});
  }
  const size_t bins = histogram.counts.size();
  for (size_t i = 0; i <= (is_open ? 3u : 4u) && bins > 0; ++i)
    spec.ticks.push_back({static_cast<double>(i * bins) / 4, fmt::format("{:.2f}", histogram.edge(i * bins / 4))});
  spec.description = "Histogram: " + spec.title + ". " + spec.subtitle;
  return histogram_chart(spec, width);
}

int64_t total(const Histogram& histogram) {
  int64_t sum = 0;
  for (const int64_t count : histogram.counts) sum += count;
  return sum;
}

Chart pair_distances_chart(const Histogram& histogram, HistogramSpec spec, double width) {
  spec.y_label = "Pairs";
  spec.log_counts = true;
  spec.subtitle = fmt::format("{}; logarithmic axis", format_counted(total(histogram), "pair", "pairs"));
  return distances_chart(histogram, std::move(spec), "pairs", width);
}

}  // namespace

Chart scatter_umap(const ReportModel& model, double width) {
  return scatter(model,
                 {.name = "scatter_umap",
                  .title = "The images by what they show",
                  .subtitle = "Each dot is an image, its neighbors are the ones most like it",
                  .x_label = "UMAP: which dots are neighbors tells something, directions and long distances do not"},
                 &ScatterPoint::umap, width);
}

Chart scatter_pca(const ReportModel& model, double width) {
  const auto& explained = model.embeddings.explained;
  return scatter(model,
                 {.name = "scatter_pca",
                  .title = "The directions in which they differ most",
                  .subtitle = "Each dot is an image, the farther apart the more they differ",
                  .x_label = fmt::format("First principal component, {} of the variance", format_share(explained[0])),
                  .y_label = fmt::format("Second, {}", format_share(explained[1]))},
                 &ScatterPoint::pca, width);
}

Chart distance_distr_before(const ReportModel& model, double width) {
  return pair_distances_chart(model.embeddings.input_distances,
                              {.name = "distance_distr_before", .title = "Distances between images, before"}, width);
}

Chart distance_distr_after(const ReportModel& model, double width) {
  return pair_distances_chart(model.embeddings.selected_distances,
                              {.name = "distance_distr_after", .title = "Distances between images, after"}, width);
}

Chart distance_to_selected(const ReportModel& model, double width) {
  const NumericSummary& summary = model.embeddings.distance_to_selected;
  HistogramSpec spec{.name = "distance_to_selected", .title = "Distance to the nearest selected image"};
  spec.y_label = "Images";
  const EmbeddingStatistics& embeddings = model.embeddings;
  const std::string all = format_counted(embeddings.removed, "image", "images") + " that were not selected";
  spec.subtitle = embeddings.measured < embeddings.removed
                      ? fmt::format("Of {} drawn from the {}: {} on average, at most {} among these",
                                    format_count(embeddings.measured), all, format_decimal(summary.mean),
                                    format_decimal(summary.max))
                      : fmt::format("Of {}: {} on average, at most {}", all, format_decimal(summary.mean),
                                    format_decimal(summary.max));
  return distances_chart(summary.histogram, std::move(spec), "images", width, summary.max);
}

}  // namespace pretag
