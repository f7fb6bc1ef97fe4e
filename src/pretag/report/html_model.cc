#include "pretag/report/html_sections.h"
#include "pretag/report/report_words.h"
#include "pretag/report/text.h"

namespace pretag {

std::string html_model(const ReportModel& model) {
  const ModelFacts& facts = model.model;
  std::string html;
  if (!facts.note.empty()) html += "<p class=\"lead\">" + escape_markup(facts.note) + "</p>";
  html += html_facts(model_fact_list(model));
  return html;
}

}  // namespace pretag
