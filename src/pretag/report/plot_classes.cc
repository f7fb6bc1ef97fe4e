#include "pretag/report/plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "pretag/report/bar_chart.h"
#include "pretag/report/class_rows.h"
#include "pretag/report/heat_map.h"
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
  return classes;
}

// Leaves the first `most` of the classes, and says so, as a sentence before what else a chart's subtitle says.
template <typename Class>
std::string keep_most_frequent(std::vector<Class>& classes, size_t most) {
  const size_t all = classes.size();
  if (all <= most) return {};
  classes.erase(classes.begin() + static_cast<std::ptrdiff_t>(most), classes.end());
  return fmt::format("The {} most frequent of {} classes. ", most, format_count(static_cast<int64_t>(all)));
}

// With a selection the bars are shares: a selection is much smaller, and its mix is what is to be compared.
BarValue bar_value(const std::string& name, int64_t objects, double share, bool as_share) {
  const std::string text = fmt::format("{} · {}", format_count(objects), format_share(share));
  return {as_share ? share : static_cast<double>(objects), text,
          fmt::format("{}: {} ({})", name, format_counted(objects, "object", "objects"), format_share(share))};
}

BarValue bar_value(const ObjectStatistics& statistics, const std::string& name, bool as_share) {
  const int64_t objects = statistics.objects_of(name);
  return bar_value(name, objects, statistics.share_of_objects(objects), as_share);
}

// "bicycle 12, bus 3": the numbers of a chart for those who cannot see it.
std::string spell_out(const std::vector<BarRow>& rows) {
  constexpr size_t kMost = 12;
  std::string text;
  for (size_t i = 0; i < std::min(rows.size(), kMost); ++i)
    text += fmt::format("{}{} {}", i > 0 ? ", " : "", rows[i].label, rows[i].values.back().text);
  return text + (rows.size() > kMost ? ", and so on; the table has all" : "");
}

std::string totals_line(const ObjectStatistics& statistics) {
  return fmt::format("{} in {}, {} per image on average", format_counted(statistics.objects, "object", "objects"),
                     format_counted(statistics.images, "image", "images"),
                     format_decimal(statistics.mean_objects_per_image()));
}

// The rows are those of all images also where the selection alone is shown: charts of the two can be laid side by side.
BarChartSpec fill_in(const ReportModel& model, const ObjectStatistics& statistics, BarChartSpec spec) {
  const Palette palette = palette_of(model);
  std::vector<const ClassStatistics*> classes = most_frequent_first(model.input);
  spec.subtitle = keep_most_frequent(classes, kMostBars) + totals_line(statistics);
  for (const ClassStatistics* entry : classes)
    spec.rows.push_back({entry->name, palette.color(entry->name), {bar_value(statistics, entry->name, false)}});
  spec.description = spec.title + ", as a bar chart: " + spell_out(spec.rows);
  return spec;
}

BarChartSpec plain_spec(const ReportModel& model) {
  return fill_in(model, model.input, {.name = "pretagging_histogram", .title = "Objects per class"});
}

BarChartSpec compared_spec(const ReportModel& model) {
  const Palette palette = palette_of(model);
  BarChartSpec spec{.name = "pretagging_histogram", .title = "Objects per class"};
  std::vector<const ClassStatistics*> classes = most_frequent_first(model.input);
  spec.subtitle = keep_most_frequent(classes, kMostBars) +
                  fmt::format("Shares of the objects, with their number. All images: {} per image; selected: {}",
                              format_decimal(model.input.mean_objects_per_image()),
                              format_decimal(model.selected->mean_objects_per_image()));
  spec.series = {"All images", "Selected"};
  for (const ClassStatistics* entry : classes)
    spec.rows.push_back({entry->name,
                         palette.color(entry->name),
                         {bar_value(model.input, entry->name, true), bar_value(*model.selected, entry->name, true)}});
  spec.description = "Bar chart of the objects found, by class, in the selected images: " + spell_out(spec.rows);
  return spec;
}

BarChartSpec objects_spec(const ReportModel& model) {
  const ReportObjects& objects = *model.selection->objects;
  const Palette palette = palette_of(model);
  BarChartSpec spec{.name = "selected_objects_histogram", .title = "Selected objects per class"};
  std::vector<ObjectSelection::Class> classes = objects.classes;
  if (classes.size() > kShowEmptyClassesUpTo)
    std::erase_if(classes, [](const ObjectSelection::Class& entry) { return entry.inputs == 0; });
  std::ranges::stable_sort(classes, std::greater(), &ObjectSelection::Class::inputs);
  spec.subtitle = keep_most_frequent(classes, kMostBars) +
                  fmt::format("Shares of the objects of {}, with their number", objects.task);
  spec.series = {"All objects", "Selected"};
  for (const ObjectSelection::Class& entry : classes) {
    spec.rows.push_back({entry.name,
                         palette.color(entry.name),
                         {bar_value(entry.name, entry.inputs, objects.share_of_inputs(entry.inputs), true),
                          bar_value(entry.name, entry.selected, objects.share_of_selected(entry.selected), true)}});
  }
  spec.description = "Bar chart of the selected objects, by class: " + spell_out(spec.rows);
  return spec;
}

std::vector<Chart> parts_of(const BarChartSpec& whole, double width) {
  constexpr size_t kMostRowsAPart = 28;
  // All about as long: they look alike.
  const size_t count = (whole.rows.size() + kMostRowsAPart - 1) / kMostRowsAPart;
  const size_t rows_a_part = count > 0 ? (whole.rows.size() + count - 1) / count : 1;
  std::vector<Chart> parts;
  for (size_t first = 0; first < whole.rows.size(); first += rows_a_part) {
    BarChartSpec part = whole;
    const size_t last = std::min(first + rows_a_part, whole.rows.size());
    part.rows.assign(whole.rows.begin() + static_cast<std::ptrdiff_t>(first),
                     whole.rows.begin() + static_cast<std::ptrdiff_t>(last));
    for (const BarRow& row : whole.rows)
      for (const BarValue& value : row.values) part.full_length = std::max(part.full_length, value.value);
    if (first > 0) part.title += ", continued";
    parts.push_back(bar_chart(part, width));
  }
  return parts;
}

}  // namespace

Chart pretagging_histogram(const ReportModel& model, double width) {
  return bar_chart(model.selected ? compared_spec(model) : plain_spec(model), width);
}

std::vector<Chart> pretagging_histogram_parts(const ReportModel& model, double width) {
  return parts_of(model.selected ? compared_spec(model) : plain_spec(model), width);
}

Chart pretagging_histogram_before(const ReportModel& model, double width) {
  return bar_chart(fill_in(model, model.input,
                           {.name = "pretagging_histogram_before", .title = "Objects per class before the selection"}),
                   width);
}

Chart pretagging_histogram_after(const ReportModel& model, double width) {
  return bar_chart(fill_in(model, model.selected.value_or(ObjectStatistics{}),
                           {.name = "pretagging_histogram_after", .title = "Objects per class after the selection"}),
                   width);
}

Chart selected_objects_histogram(const ReportModel& model, double width) {
  return bar_chart(objects_spec(model), width);
}

std::vector<Chart> selected_objects_histogram_parts(const ReportModel& model, double width) {
  return parts_of(objects_spec(model), width);
}

Chart class_distributions(const ReportModel& model, double width) {
  constexpr size_t kMostRows = 30;
  const Palette palette = palette_of(model);
  std::vector<const ClassStatistics*> classes = most_frequent_first(model.input);
  std::erase_if(classes, [](const ClassStatistics* entry) { return entry->objects == 0; });
  ClassRowsSpec spec{.name = "class_distributions",
                     .title = "Scores and box sizes by class",
                     .subtitle = keep_most_frequent(classes, kMostRows) +
                                 "Each in the height of its own class; box sizes as a share of the image",
                     .headings = {"Scores", "Box sizes"},
                     .axes = {{"0", "1"}, {"0.001 %", "100 %"}}};
  for (const ClassStatistics* entry : classes) {
    spec.rows.push_back({entry->name,
                         palette.color(entry->name),
                         {{entry->score_histogram.begin(), entry->score_histogram.end()},
                          {entry->relative_areas.begin(), entry->relative_areas.end()}}});
  }
  spec.description = "For each class, small histograms of its scores and of its box sizes; report.json has the numbers";
  return class_rows_chart(spec, width);
}

Chart class_cooccurrence(const ReportModel& model, double width) {
  const size_t most = width > 500 ? 20 : 10;
  std::vector<const ClassStatistics*> classes = most_frequent_first(model.input);
  std::erase_if(classes, [](const ClassStatistics* entry) { return entry->images == 0; });
  const std::string which = keep_most_frequent(classes, most);
  std::map<std::pair<size_t, size_t>, int64_t> together;
  for (const ClassPair& pair : model.input.class_pairs)
    together[{pair.first, pair.second}] = together[{pair.second, pair.first}] = pair.images;

  HeatMapSpec spec{.name = "class_cooccurrence", .title = "Classes that occur together"};
  spec.subtitle = which + "Of the images that show the class of the row, percent that show that of the column, too";
  for (const ClassStatistics* row : classes) {
    spec.labels.push_back(row->name);
    std::vector<HeatMapCell>& cells = spec.cells.emplace_back();
    for (const ClassStatistics* column : classes) {
      if (row == column) {
        cells.emplace_back();
        continue;
      }
      const auto index = [&](const ClassStatistics* entry) {
        return static_cast<size_t>(entry - model.input.classes.data());
      };
      const int64_t images = together[{index(row), index(column)}];
      const double share = static_cast<double>(images) / static_cast<double>(row->images);
      cells.push_back({share, fmt::format("{} of {} with {} show {}, too", format_count(images),
                                          format_counted(row->images, "image", "images"), row->name, column->name)});
    }
  }
  spec.description = "Heat map of the classes that occur in the same images. " + spec.subtitle;
  return heat_map(spec, width);
}

}  // namespace pretag
