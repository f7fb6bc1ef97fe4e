#include <fmt/format.h>

#include <algorithm>

#include "pretag/report/pdf_sections.h"
#include "pretag/report/plots.h"
#include "pretag/report/report_words.h"
#include "pretag/report/text.h"

namespace pretag {
namespace {

void side_by_side(PdfFlow& flow, const ReportModel& model, const MakeChart& left, const MakeChart& right) {
  flow.charts_side_by_side(left(model, kPdfHalfChartWidth), right(model, kPdfHalfChartWidth));
}

// The same numbers as the chart, and a few more.
void class_table(PdfFlow& flow, const ReportModel& model) {
  const Palette palette = palette_of(model);
  const ObjectStatistics& all = model.input;
  std::vector<const ClassStatistics*> classes;
  for (const ClassStatistics& entry : all.classes)
    if (entry.objects > 0 || all.classes.size() <= 12) classes.push_back(&entry);
  std::ranges::stable_sort(classes, [](const auto* a, const auto* b) { return a->objects > b->objects; });

  std::vector<PdfColumn> columns = {{"Class", 2.4}, {"Objects", 1, true}, {"Share", 1, true}};
  // Where objects were selected, there are others in their images.
  const char* column = has_selected_objects(model) ? "After" : "Selected";
  if (model.selected) columns.insert(columns.end(), {{column, 1, true}, {"Share after", 1.1, true}});
  columns.insert(columns.end(), {{"Images", 1, true}, {"Per image", 1, true}, {"Mean score", 1.1, true}});
  std::vector<Color> colors;
  for (const ClassStatistics* entry : classes) colors.push_back(palette.color(entry->name));
  std::vector<std::vector<PdfCell>> rows;
  for (size_t i = 0; i < classes.size(); ++i) {
    const ClassStatistics& entry = *classes[i];
    std::vector<PdfCell> row = {
        {entry.name, &colors[i]}, {format_count(entry.objects)}, {format_share(all.share_of_objects(entry.objects))}};
    if (model.selected) {
      const int64_t selected = model.selected->objects_of(entry.name);
      row.push_back({format_count(selected)});
      row.push_back({format_share(model.selected->share_of_objects(selected))});
    }
    row.push_back({format_count(entry.images)});
    row.push_back({format_decimal(all.per_image(entry.objects))});
    row.push_back({entry.objects > 0 ? format_decimal(entry.mean_score) : "–"});
    rows.push_back(std::move(row));
  }
  flow.table(columns, rows);
}

}  // namespace

void pdf_classes(PdfFlow& flow, const ReportModel& model) {
  if (model.input.images == 0 || model.input.classes.empty()) return;
  flow.heading("What is in the images", 260);
  if (has_objects(model))
    for (const Chart& part : pretagging_histogram_parts(model, kPdfChartWidth)) flow.chart(part);
  class_table(flow, model);
  if (has_class_pairs(model)) flow.chart(class_cooccurrence(model, kPdfChartWidth));
}

void pdf_videos(PdfFlow& flow, const ReportModel& model) {
  if (!has_timelines(model)) return;
  const Chart chart = video_sampling_timeline(model, kPdfChartWidth);
  flow.heading("The videos", chart.height + 60);
  flow.chart(chart);
}

void pdf_distributions(PdfFlow& flow, const ReportModel& model) {
  if (model.input.images == 0) return;
  flow.heading("Distributions", 260);
  if (looked_for_objects(model)) flow.chart(objects_per_image_histogram(model, kPdfChartWidth));
  if (has_objects(model))
    side_by_side(flow, model, score_histogram, box_size_histogram);
  else if (has_detections(model))
    flow.chart(score_histogram(model, kPdfChartWidth));
  side_by_side(flow, model, brightness_histogram, sharpness_histogram);
  if (has_objects(model) && model.input.classes.size() > 1) flow.chart(class_distributions(model, kPdfChartWidth));
}

void pdf_embeddings(PdfFlow& flow, const ReportModel& model) {
  if (!has_embeddings(model)) return;
  flow.heading("How the images lie", 330);
  flow.chart(scatter_umap(model, kPdfChartWidth));
  pdf_picture_map(flow, model);
  flow.chart(scatter_pca(model, kPdfChartWidth));
  if (model.embeddings.selected_distances.counts.empty())
    flow.chart(distance_distr_before(model, kPdfChartWidth));
  else
    side_by_side(flow, model, distance_distr_before, distance_distr_after);
  if (model.embeddings.measured > 0) flow.chart(distance_to_selected(model, kPdfChartWidth));
}

}  // namespace pretag
