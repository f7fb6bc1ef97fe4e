#include <fmt/format.h>

#include <algorithm>

#include "pretag/report/pdf_report.h"
#include "pretag/report/pdf_sections.h"
#include "pretag/report/report_words.h"
#include "pretag/report/text.h"

namespace pretag {
namespace {

using Rows = std::vector<std::vector<PdfCell>>;

std::string name_cell(const std::string& filename) { return shorten_middle(filename, 160); }

// `total`: how many there are, of which `rows` are listed; `file` has all.
void add_list(PdfFlow& flow, const std::string& title, const std::vector<PdfColumn>& columns, Rows rows, int64_t total,
              const std::string& file) {
  if (rows.empty()) return;
  flow.heading(title);
  rows.resize(std::min(rows.size(), kMostPdfRows));
  if (static_cast<int64_t>(rows.size()) < total)
    flow.paragraph(fmt::format("The first {} of {}; {} names them all.", rows.size(), format_count(total), file),
                   PdfFlow::kMuted);
  flow.table(columns, rows);
}

void add_similar_pairs(PdfFlow& flow, const ReportModel& model) {
  Rows rows;
  for (const SimilarPair& pair : model.embeddings.similar_pairs)
    rows.push_back({{name_cell(pair.first)}, {name_cell(pair.second)}, {format_decimal(pair.distance, 4)}});
  const auto total = static_cast<int64_t>(rows.size());
  add_list(flow, "Most similar pairs", {{"Image", 3}, {"Is like", 3}, {"Distance", 1, true}}, std::move(rows), total,
           "report.json");
}

void add_selected(PdfFlow& flow, const ReportSelection& selection) {
  Rows rows;
  for (const SelectedSample& sample : selection.listed)
    rows.push_back({{format_count(static_cast<int64_t>(rows.size()) + 1)},
                    {name_cell(sample.filename)},
                    {spell_out_reasons(sample.reasons, selection.strategies)}});
  add_list(flow, "Selected images", {{"Place", 0.6}, {"Image", 4}, {"Why", 2.5}}, std::move(rows), selection.selected,
           "filenames/sampled_filenames.txt");
}

void add_duplicates(PdfFlow& flow, const ReportDuplicates& duplicates) {
  Rows rows;
  for (const DuplicatePair& pair : duplicates.listed)
    rows.push_back({{name_cell(pair.filename)}, {name_cell(pair.kept)}});
  add_list(flow, "Duplicates", {{"Left out", 1}, {"Kept", 1}}, std::move(rows), duplicates.total,
           "filenames/duplicate_filenames.txt");
}

}  // namespace

void pdf_lists(PdfFlow& flow, const ReportModel& model) {
  if (model.selection) add_selected(flow, *model.selection);
  add_similar_pairs(flow, model);
  add_duplicates(flow, model.duplicates);
  Rows rows;
  for (const ReportFailure& failure : model.failures) rows.push_back({{name_cell(failure.filename)}, {failure.reason}});
  add_list(flow, "Files that could not be read", {{"File", 1}, {"Reason", 1}}, std::move(rows), model.failed_images,
           list_of_failures(model));
}

void pdf_run(PdfFlow& flow, const ReportModel& model) {
  const auto facts = model_fact_list(model);
  const bool has_model = std::ranges::any_of(facts, [](const auto& fact) { return !fact.second.empty(); });
  if (has_model) flow.heading("The model");
  if (!model.model.note.empty()) flow.paragraph(model.model.note);
  if (has_model) flow.facts(facts);
  flow.heading("The run");
  flow.facts(job_fact_list(model.job));
  Rows stages, settings;
  for (const StageTiming& stage : model.job.stages) stages.push_back({{stage.name}, {stage_time(stage.seconds)}});
  if (!stages.empty()) flow.table({{"Where the time went", 3}, {"Time", 1, true}}, stages);
  for (const auto& [key, value] : model.job.config) settings.push_back({{key}, {shorten_middle(value, 200)}});
  if (!settings.empty()) flow.table({{"Setting", 1}, {"Value", 2}}, settings);
}

}  // namespace pretag
