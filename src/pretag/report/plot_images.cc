#include "pretag/report/plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pretag/report/histogram_chart.h"
#include "pretag/report/text.h"

namespace pretag {
namespace {

const std::vector<std::string> kBeforeAfter = {"All images", "Selected"};

double percent_of(int64_t count, int64_t total) {
  return total > 0 ? 100 * static_cast<double>(count) / static_cast<double>(total) : 0;
}

// Counts, or, once there is a selection, which is much smaller, shares of both sets.
void set_counts(HistogramColumn& column, int64_t before, int64_t after, const ReportModel& model) {
  column.count = static_cast<double>(before);
  if (!model.selected) return;
  column.count = percent_of(before, model.input.images);
  column.second_count = percent_of(after, model.selected->images);
}

void set_axis(HistogramSpec& spec, const ReportModel& model) {
  spec.y_label = model.selected ? "Share of the images" : "Images";
  if (!model.selected) return;
  spec.y_unit = " %";
  spec.series = kBeforeAfter;
}

std::string hover_text(const std::string& range, int64_t before, int64_t after, const ReportModel& model) {
  std::string text = fmt::format("{}: {}", range, format_counted(before, "image", "images"));
  if (model.selected) text += fmt::format(", {} selected", format_count(after));
  return text;
}

int last_used_count(const std::vector<int64_t>& counts) {
  const auto last_used = std::find_if(counts.rbegin(), counts.rend(), [](int64_t count) { return count > 0; });
  return static_cast<int>(counts.rend() - last_used) - 1;  // -1 without images
}

int64_t sum_between(const std::vector<int64_t>& counts, int first, int last) {
  int64_t sum = 0;
  for (int k = first; k <= last; ++k) sum += counts[static_cast<size_t>(k)];
  return sum;
}

// A property of the images: brightness, sharpness.
Chart quality_histogram(const ReportModel& model, NumericSummary ObjectStatistics::*property, HistogramSpec spec,
                        double width) {
  const NumericSummary& before = model.input.*property;
  const NumericSummary* after = model.selected ? &((*model.selected).*property) : nullptr;
  set_axis(spec, model);
  spec.subtitle = "Mean " + format_decimal(before.mean, 1);
  if (after != nullptr && after->count > 0)
    spec.subtitle += ", of the selected images " + format_decimal(after->mean, 1);
  const Histogram& histogram = before.histogram;
  const int decimals = histogram.high >= 20 ? 0 : 1;
  const bool is_open = before.max > histogram.high;  // the last column holds everything beyond
  for (size_t i = 0; i < histogram.counts.size(); ++i) {
    const bool is_last = i + 1 == histogram.counts.size();
    const std::string low = format_decimal(histogram.edge(i), decimals);
    const std::string range =
        is_last && is_open ? low + " or more" : low + "–" + format_decimal(histogram.edge(i + 1), decimals);
    const int64_t selected = after != nullptr && i < after->histogram.counts.size() ? after->histogram.counts[i] : 0;
    HistogramColumn column{.hover = hover_text(range, histogram.counts[i], selected, model)};
    set_counts(column, histogram.counts[i], selected, model);
    spec.columns.push_back(column);
    if (i % 4 == 0) spec.ticks.push_back({static_cast<double>(i), low});
  }
  if (!histogram.counts.empty() && !is_open)
    spec.ticks.push_back({static_cast<double>(histogram.counts.size()), format_decimal(histogram.high, decimals)});
  spec.description = "Histogram: " + spec.title + ". " + spec.subtitle;
  return histogram_chart(spec, width);
}

}  // namespace

Chart objects_per_image_histogram(const ReportModel& model, double width) {
  const std::vector<int64_t>& counts = model.input.objects_per_image;
  const int most = last_used_count(counts);
  const double mean = model.input.mean_objects_per_image();

  // One column a count as long as there is room, else one for 2, 5 or 10 counts.
  int step = 10;
  for (const int candidate : {5, 2, 1})
    if (most < candidate * 25) step = candidate;
  HistogramSpec spec{.name = "objects_per_image", .title = "Objects per image", .x_label = "Objects in the image"};
  set_axis(spec, model);
  spec.subtitle = model.selected ? fmt::format("{} objects on average; in the selected images {}", format_decimal(mean),
                                               format_decimal(model.selected->mean_objects_per_image()))
                                 : fmt::format("{} objects on average, {} without any", format_decimal(mean),
                                               format_counted(model.input.images_without_objects, "image", "images"));
  for (int first = 0; first <= std::max(most, 4); first += step) {
    const int last = std::min(first + step - 1, kMostObjectsPerImage);
    const int64_t images = sum_between(counts, first, last);
    const int64_t selected = model.selected ? sum_between(model.selected->objects_per_image, first, last) : 0;
    const std::string range = last == kMostObjectsPerImage ? fmt::format("{} or more", first)
                              : step == 1                  ? fmt::format("{}", first)
                                                           : fmt::format("{}–{}", first, last);
    const auto position = static_cast<double>(spec.columns.size());
    spec.ticks.push_back({position + 0.5, last == kMostObjectsPerImage ? fmt::format("{}+", first) : range});
    HistogramColumn column{.hover = hover_text(range + " objects", images, selected, model)};
    set_counts(column, images, selected, model);
    spec.columns.push_back(column);
  }
  if (model.input.images > 0 && mean <= most + 1)
    spec.marker = AxisMark{(mean + 0.5) / step, "mean " + format_decimal(mean)};
  spec.description = fmt::format("Histogram of the number of objects in an image. {}", spec.subtitle);
  return histogram_chart(spec, width);
}

Chart score_histogram(const ReportModel& model, double width) {
  HistogramSpec spec{.name = "scores", .title = "Scores", .x_label = "Score", .y_label = "Detections"};
  const auto threshold = static_cast<double>(model.model.score_threshold);
  for (int bin = 0; bin < kScoreBins; ++bin) {
    int64_t detections = 0;
    for (const ClassStatistics& entry : model.input.classes)
      detections += entry.score_histogram[static_cast<size_t>(bin)];
    const double low = static_cast<double>(bin) / kScoreBins, high = static_cast<double>(bin + 1) / kScoreBins;
    spec.columns.push_back(
        {static_cast<double>(detections),
         fmt::format("{:.2f}–{:.2f}: {}", low, high, format_counted(detections, "detection", "detections")),
         high <= threshold + 1e-6});
  }
  for (const double score : {0.0, 0.2, 0.4, 0.6, 0.8, 1.0})
    spec.ticks.push_back({score * kScoreBins, fmt::format("{:.1f}", score)});
  if (threshold > 0) spec.marker = AxisMark{threshold * kScoreBins, "threshold " + format_decimal(threshold)};
  spec.subtitle = fmt::format("Objects with a score of {} or more are counted", format_decimal(threshold));
  spec.description = "Histogram of the scores of all detections. " + spec.subtitle;
  return histogram_chart(spec, width);
}

Chart box_size_histogram(const ReportModel& model, double width) {
  HistogramSpec spec{.name = "box_sizes",
                     .title = "Box sizes",
                     .x_label = "Share of the image that the box covers",
                     .y_label = "Objects"};
  BoxSizeCounts sizes;
  for (const ClassStatistics& entry : model.input.classes) {
    sizes.small += entry.sizes.small;
    sizes.medium += entry.sizes.medium;
    sizes.large += entry.sizes.large;
  }
  const auto percent = [](int edge) { return fmt::format("{:.4g} %", 100 * std::pow(10, edge / 2.0 - 5)); };
  for (int bin = 0; bin < kRelativeAreaBins; ++bin) {
    int64_t objects = 0;
    for (const ClassStatistics& entry : model.input.classes) objects += entry.relative_areas[static_cast<size_t>(bin)];
    spec.columns.push_back({static_cast<double>(objects), fmt::format("{}–{}: {}", percent(bin), percent(bin + 1),
                                                                      format_counted(objects, "object", "objects"))});
  }
  for (int edge = 0; edge <= kRelativeAreaBins; edge += 2)
    spec.ticks.push_back({static_cast<double>(edge), percent(edge)});
  spec.subtitle = fmt::format("{} small (below 32² pixels), {} medium, {} large (from 96²)", format_count(sizes.small),
                              format_count(sizes.medium), format_count(sizes.large));
  spec.description = "Histogram of box sizes. " + spec.subtitle;
  return histogram_chart(spec, width);
}

Chart brightness_histogram(const ReportModel& model, double width) {
  return quality_histogram(
      model, &ObjectStatistics::luminance,
      {.name = "brightness", .title = "Brightness of the images", .x_label = "Mean lightness (CIE L*)"}, width);
}

Chart sharpness_histogram(const ReportModel& model, double width) {
  return quality_histogram(
      model, &ObjectStatistics::sharpness,
      {.name = "sharpness", .title = "Sharpness of the images", .x_label = "Deviation of the Laplacian"}, width);
}

}  // namespace pretag
