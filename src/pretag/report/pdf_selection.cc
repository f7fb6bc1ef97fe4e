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

void before_and_after_table(PdfFlow& flow, const ReportModel& model) {
  Rows rows;
  for (const BeforeAfter& row : before_and_after(model)) rows.push_back({{row.name}, {row.before}, {row.after}});
  flow.table({{"Before and after", 2}, {"All images", 1, true}, {"Selected", 1, true}}, rows);
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
  flow.table({{"Class", 2},
              {fmt::format("All {}", selection.unit()), 1, true},
              {"Target", 1, true},
              {"Reached", 1, true},
              {"Off by, points", 1, true}},
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
  before_and_after_table(flow, model);
  for (const BalanceOutcome& outcome : selection.balances) balance(flow, selection, outcome);
  if (selection.thresholds.empty()) return;
  Rows rows;
  for (const ThresholdOutcome& outcome : selection.thresholds)
    rows.push_back({{strategy_name(selection, outcome.strategy)}, {format_count(outcome.excluded)}});
  flow.table({{"Threshold", 4}, {selection.objects ? "Objects left out" : "Images left out", 1, true}}, rows);
}

}  // namespace pretag
