#include "pretag/report/plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pretag/report/bar_chart.h"
#include "pretag/report/histogram_chart.h"
#include "pretag/report/palette.h"
#include "pretag/report/text.h"

namespace pretag {
namespace {

// A long list of classes says more without those that never occur; a short one says that they do not.
constexpr size_t kShowEmptyClassesUpTo = 12;
constexpr size_t kMostBars = 100;

std::vector<const ClassStatistics*> most_frequent_first(const ObjectStatistics& statistics) {
  std::vector<const ClassStatistics*> classes;
  for (const ClassStatistics& entry : statistics.classes)
    if (entry.objects > 0 || statistics.classes.size() <= kShowEmptyClassesUpTo) classes.push_back(&entry);
  std::ranges::stable_sort(classes, [](const auto* a, const auto* b) { return a->objects > b->objects; });
  if (classes.size() > kMostBars) classes.resize(kMostBars);
  return classes;
}

int64_t objects_of(const ObjectStatistics& statistics, const std::string& name) {
  const auto entry = std::ranges::find(statistics.classes, name, &ClassStatistics::name);
  return entry == statistics.classes.end() ? 0 : entry->objects;
}

// With a selection the bars are shares: a selection is much smaller, and its mix is what is to be compared.
BarValue bar_value(const ObjectStatistics& statistics, const std::string& name, bool as_share) {
  const int64_t objects = objects_of(statistics, name);
  const double share = statistics.share_of_objects(objects);
  const std::string text = fmt::format("{} · {}", format_count(objects), format_share(share));
  return {as_share ? share : static_cast<double>(objects), text,
          fmt::format("{}: {} ({})", name, format_counted(objects, "object", "objects"), format_share(share))};
}

// "bicycle 12, bus 3": the numbers of a chart for those who cannot see it.
std::string spell_out(const std::vector<BarRow>& rows) {
  constexpr size_t kMost = 12;
  std::string text;
  for (size_t i = 0; i < std::min(rows.size(), kMost); ++i)
    text += fmt::format("{}{} {}", i > 0 ? ", " : "", rows[i].label, rows[i].values.back().text);
  return text + (rows.size() > kMost ? ", and so on; the table has all" : "");
}

}  // namespace

Chart pretagging_histogram(const ReportModel& model, double width) {
  const Palette palette = palette_of(model);
  BarChartSpec spec{.name = "pretagging_histogram", .title = "Objects per class"};
  spec.subtitle = fmt::format(
      "{} in {}, {} per image on average", format_counted(model.input.objects, "object", "objects"),
      format_counted(model.input.images, "image", "images"), format_decimal(model.input.mean_objects_per_image()));
  const bool grouped = model.selected.has_value();
  if (grouped) spec.series = {"All images", "Selected"};
  for (const ClassStatistics* entry : most_frequent_first(model.input)) {
    BarRow row{entry->name, palette.color(entry->name), {bar_value(model.input, entry->name, grouped)}};
    if (grouped) row.values.push_back(bar_value(*model.selected, entry->name, true));
    spec.rows.push_back(std::move(row));
  }
  spec.description = "Bar chart of the objects found, by class: " + spell_out(spec.rows);
  return bar_chart(spec, width);
}

Chart objects_per_image_histogram(const ReportModel& model, double width) {
  const std::vector<int64_t>& counts = model.input.objects_per_image;
  const auto last_used = std::find_if(counts.rbegin(), counts.rend(), [](int64_t count) { return count > 0; });
  const auto most = static_cast<int>(counts.rend() - last_used) - 1;  // -1 without images
  const double mean = model.input.mean_objects_per_image();

  // One column a count as long as there is room, else one for 2, 5 or 10 counts.
  int step = 10;
  for (const int candidate : {5, 2, 1})
    if (most < candidate * 25) step = candidate;
  HistogramSpec spec{.name = "objects_per_image",
                     .title = "Objects per image",
                     .x_label = "Objects in the image",
                     .y_label = "Images"};
  spec.subtitle = fmt::format("{} objects on average, {} without any", format_decimal(mean),
                              format_counted(model.input.images_without_objects, "image", "images"));
  for (int first = 0; first <= std::max(most, 4); first += step) {
    const int last = std::min(first + step - 1, kMostObjectsPerImage);
    int64_t images = 0;
    for (int k = first; k <= last; ++k) images += counts[static_cast<size_t>(k)];
    const std::string range = last == kMostObjectsPerImage ? fmt::format("{} or more", first)
                              : step == 1                  ? fmt::format("{}", first)
                                                           : fmt::format("{}–{}", first, last);
    const auto position = static_cast<double>(spec.columns.size());
    spec.ticks.push_back({position + 0.5, last == kMostObjectsPerImage ? fmt::format("{}+", first) : range});
    spec.columns.push_back(
        {static_cast<double>(images), fmt::format("{} objects: {}", range, format_counted(images, "image", "images"))});
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

const std::vector<MakeChart>& plots() {
  static const std::vector<MakeChart> all = {pretagging_histogram, objects_per_image_histogram, score_histogram,
                                             box_size_histogram};
  return all;
}

}  // namespace pretag
