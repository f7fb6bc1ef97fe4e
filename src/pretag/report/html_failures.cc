#include <fmt/format.h>

#include "pretag/report/html_sections.h"
#include "pretag/report/report_words.h"
#include "pretag/report/text.h"

namespace pretag {

std::string html_failures(const ReportModel& model) {
  if (model.failed_images == 0) return {};
  std::string html;
  const auto listed = static_cast<int64_t>(model.failures.size());
  if (listed < model.failed_images)
    html += fmt::format("<p class=\"lead\">The first {} of {}; {} names them all.</p>", format_count(listed),
                        format_count(model.failed_images), list_of_failures(model));
  html +=
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of files that could not be read\">"
      "<table id=\"failure-table\" class=\"sortable\"><caption>These files were left out; the run went on without "
      "them</caption><thead><tr><th scope=\"col\"><button type=\"button\" class=\"sort\">File</button></th>"
      "<th scope=\"col\"><button type=\"button\" class=\"sort\">Reason</button></th></tr></thead><tbody>";
  for (const ReportFailure& failure : model.failures) {
    html += fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td></tr>", html_filename(failure.filename),
                        escape_markup(shorten_middle(failure.reason, 400)));
  }
  return html + "</tbody></table></div>";
}

}  // namespace pretag
