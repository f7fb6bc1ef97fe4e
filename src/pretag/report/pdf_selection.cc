#include <fmt/format.h>

#include "pretag/report/pdf_sections.h"
#include "pretag/report/report_words.h"
#include "pretag/report/text.h"

namespace pretag {
namespace {

using Rows = std::vector<std::vector<PdfCell>>;

std::string strategy_name(const ReportSelection& selection, size_t index) {
  return index < selection.strategies.size() ? selection.strategies[index] : fmt::format("strategy {}", index + 1);
}

void before_and_after(PdfFlow& flow, const ReportModel& model) {
  const ObjectStatistics &all = model.input, &selected = *model.selected;
  const auto row = [](const std::string& name, const std::string& before, const std::string& after) {
    return std::vector<PdfCell>{{name}, {before}, {after}};
  };
  const auto counts = [&](const std::string& name, int64_t before, int64_t after) {
    return row(name, format_count(before), format_count(after));
  };
  const auto decimals = [&](const std::string& name, double before, double after, int digits) {
    return row(name, format_decimal(before, digits), format_decimal(after, digits));
  };
  flow.table({{"Before and after", 2}, {"All images", 1, true}, {"Selected", 1, true}},
             {counts("Images", all.images, selected.images), counts("Objects", all.objects, selected.objects),
              decimals("Objects per image", all.mean_objects_per_image(), selected.mean_objects_per_image(), 2),
              row("Images without objects", format_share(all.per_image(all.images_without_objects)),
                  format_share(selected.per_image(selected.images_without_objects))),
              counts("Classes found", all.classes_found(), selected.classes_found()),
              decimals("Brightness, mean", all.luminance.mean, selected.luminance.mean, 1),
              decimals("Sharpness, mean", all.sharpness.mean, selected.sharpness.mean, 1)});
}

void balance(PdfFlow& flow, const ReportSelection& selection, const BalanceOutcome& outcome) {
  Rows rows;
  for (const BalanceOutcome::Class& entry : outcome.classes)
    rows.push_back({{entry.name},
                    {format_share(entry.input)},
                    {format_share(entry.target)},
                    {format_share(entry.reached)},
                    {fmt::format("{:+.1f}", 100 * (entry.reached - entry.target))}});
  flow.paragraph(strategy_name(selection, outcome.strategy), {.size = 9.5, .bold = true});
  flow.table(
      {{"Class", 2}, {"All images", 1, true}, {"Target", 1, true}, {"Reached", 1, true}, {"Off by, points", 1, true}},
      rows);
}

}  // namespace

void pdf_selection(PdfFlow& flow, const ReportModel& model) {
  if (!model.selection || !model.selected) return;
  const ReportSelection& selection = *model.selection;
  flow.heading("The selection", 260);
  flow.paragraph(selection_sentence(model));
  for (size_t i = 0; i < selection.strategies.size(); ++i)
    flow.bullet(fmt::format("{}.", i + 1), selection.strategies[i]);
  flow.space(8);
  before_and_after(flow, model);
  for (const BalanceOutcome& outcome : selection.balances) balance(flow, selection, outcome);
  if (selection.thresholds.empty()) return;
  Rows rows;
  for (const ThresholdOutcome& outcome : selection.thresholds)
    rows.push_back({{strategy_name(selection, outcome.strategy)}, {format_count(outcome.excluded)}});
  flow.table({{"Threshold", 4}, {"Images left out", 1, true}}, rows);
}

}  // namespace pretag
