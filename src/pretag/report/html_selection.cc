#include <fmt/format.h>

#include "pretag/report/html_sections.h"
#include "pretag/report/report_words.h"
#include "pretag/report/text.h"

namespace pretag {
namespace {

HtmlCell count_cell(int64_t count) { return {format_count(count), static_cast<double>(count)}; }
HtmlCell share_cell(double share) { return {escape_markup(format_share(share)), share}; }

// What a strategy is called in tables: its line, or its place where the line is missing.
std::string strategy_name(const ReportSelection& selection, size_t index) {
  return index < selection.strategies.size() ? escape_markup(shorten_middle(selection.strategies[index], 160))
                                             : fmt::format("strategy {}", index + 1);
}

std::string strategies(const ReportSelection& selection) {
  if (selection.strategies.empty()) return {};
  std::string html = "<ol id=\"strategies\" class=\"strategies\">";
  for (const std::string& strategy : selection.strategies) html += "<li>" + escape_markup(strategy) + "</li>";
  return html + "</ol>";
}

std::string notes(const ReportSelection& selection) {
  if (selection.notes.empty()) return {};
  std::string html =
      "<aside class=\"callout\" data-selection-notes aria-label=\"What could not be done\"><strong>What could not be "
      "done, and why</strong><ul>";
  for (const std::string& note : selection.notes) html += "<li>" + escape_markup(note) + "</li>";
  return html + "</ul></aside>";
}

std::string before_and_after_table(const ReportModel& model) {
  std::vector<std::vector<HtmlCell>> rows;
  for (const BeforeAfter& row : before_and_after(model))
    rows.push_back({{row.name}, {escape_markup(row.before)}, {escape_markup(row.after)}});
  return html_table("before-after-table", "Before and after", {{""}, {"All images", "", true}, {"Selected", "", true}},
                    rows, false);
}

std::string balance_table(const ReportSelection& selection, const BalanceOutcome& balance) {
  std::vector<std::vector<HtmlCell>> rows;
  for (const BalanceOutcome::Class& entry : balance.classes) {
    const double points = 100 * (entry.reached - entry.target);
    rows.push_back({{"<bdi>" + escape_markup(entry.name) + "</bdi>"},
                    share_cell(entry.input),
                    share_cell(entry.target),
                    share_cell(entry.reached),
                    {fmt::format("{:+.1f}", points), points}});
  }
  return html_table(fmt::format("balance-table-{}", balance.strategy + 1), strategy_name(selection, balance.strategy),
                    {{"Class"},
                     {fmt::format("All {}", selection.unit()), "", true},
                     {"Target", "", true},
                     {"Reached", "", true},
                     {"Off by", "percentage points", true}},
                    rows);
}

std::string left_out(const ReportSelection& selection) {
  return selection.objects ? "Objects left out" : "Images left out";
}

std::string threshold_table(const ReportSelection& selection) {
  if (selection.thresholds.empty()) return {};
  std::vector<std::vector<HtmlCell>> rows;
  for (const ThresholdOutcome& outcome : selection.thresholds)
    rows.push_back({{strategy_name(selection, outcome.strategy)}, count_cell(outcome.excluded)});
  return html_table("threshold-table", "What thresholds left out", {{"Threshold"}, {left_out(selection), "", true}},
                    rows);
}

std::string selected_table(const ReportSelection& selection) {
  if (selection.listed.empty()) return {};
  std::vector<std::vector<HtmlCell>> rows;
  int64_t place = 0;
  for (const SelectedSample& sample : selection.listed) {
    ++place;
    rows.push_back({{html_filename(sample.filename)},
                    count_cell(place),
                    {escape_markup(spell_out_reasons(sample.reasons, selection.strategies))}});
  }
  const bool is_all = selection.selected == place;
  return fmt::format("<details id=\"selected\"><summary>{}</summary>{}</details>",
                     is_all
                         ? fmt::format("The {} images, in the order they were chosen",
                                       selection.objects ? "selected objects'" : "selected")
                         : fmt::format("The first {} selected images; filenames/sampled_filenames.txt has all", place),
                     html_table("selected-table", "What each strategy said of an image when it was chosen",
                                {{"Image"}, {"Place", "", true}, {"Why"}}, rows));
}

}  // namespace

std::string html_selection(const ReportModel& model) {
  if (!model.selection || !model.selected) return {};
  const ReportSelection& selection = *model.selection;
  std::string html = "<p class=\"lead\">" + escape_markup(selection_sentence(model)) + "</p>" + strategies(selection) +
                     notes(selection) + before_and_after_table(model);
  for (const BalanceOutcome& balance : selection.balances) html += balance_table(selection, balance);
  return html + threshold_table(selection) + selected_table(selection);
}

std::string html_duplicates(const ReportModel& model) {
  if (model.duplicates.total == 0) return {};
  std::vector<std::vector<HtmlCell>> rows;
  for (const DuplicatePair& pair : model.duplicates.listed)
    rows.push_back({{html_filename(pair.filename)}, {html_filename(pair.kept)}});
  std::string html;
  if (static_cast<int64_t>(rows.size()) < model.duplicates.total)
    html += fmt::format("<p class=\"lead\">The first {} of {}; filenames/duplicate_filenames.txt names them all.</p>",
                        format_count(static_cast<int64_t>(rows.size())), format_count(model.duplicates.total));
  return html + html_table("duplicate-table", "Images with exactly the same pixels as another one, which is kept",
                           {{"Left out"}, {"Kept"}}, rows);
}

}  // namespace pretag
