#include "pretag/report/html_sections.h"
#include "pretag/report/text.h"

namespace pretag {

std::string html_model(const ReportModel& model) {
  const ModelFacts& facts = model.model;
  std::string html;
  if (!facts.note.empty()) html += "<p class=\"lead\">" + escape_markup(facts.note) + "</p>";
  html += html_facts({{"Model", facts.name},
                      {"Architecture", facts.architecture},
                      {"Training data", facts.training_data},
                      {"Licence", facts.license},
                      {"Score threshold", format_decimal(static_cast<double>(facts.score_threshold))},
                      {"Computed in", model.job.precision},
                      {"SHA-256", facts.sha256}});
  return html;
}

}  // namespace pretag
