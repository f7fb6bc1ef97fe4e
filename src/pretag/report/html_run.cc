#include <fmt/format.h>

#include <algorithm>

#include "pretag/report/html_sections.h"
#include "pretag/report/report_words.h"
#include "pretag/report/text.h"

namespace pretag {
namespace {

std::string stage_table(const JobFacts& job) {
  if (job.stages.empty()) return {};
  double total = 0;
  for (const StageTiming& stage : job.stages) total += std::max(stage.seconds, 0.0);
  std::string html =
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table of stages\"><table id=\"stage-table\">"
      "<caption>Where the time went</caption><thead><tr><th scope=\"col\">Stage</th>"
      "<th scope=\"col\" class=\"number\">Time</th><th scope=\"col\" class=\"number\">Share</th></tr></thead><tbody>";
  for (const StageTiming& stage : job.stages) {
    html += fmt::format("<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>",
                        escape_markup(stage.name), stage_time(stage.seconds),
                        escape_markup(format_share(total > 0 ? stage.seconds / total : 0)));
  }
  return html + "</tbody></table></div>";
}

std::string config_table(const JobFacts& job) {
  if (job.config.empty()) return {};
  std::string html =
      "<details id=\"config\"><summary>Configuration</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" "
      "aria-label=\"Table of settings\"><table><caption>Every setting of this run, defaults "
      "included</caption><thead><tr><th scope=\"col\">Key</th><th scope=\"col\">Value</th></tr></thead><tbody>";
  for (const auto& [key, value] : job.config)
    html += fmt::format("<tr><th scope=\"row\"><code>{}</code></th><td><code>{}</code></td></tr>", escape_markup(key),
                        escape_markup(shorten_middle(value, 400)));
  return html + "</tbody></table></div></details>";
}

}  // namespace

std::string html_run(const ReportModel& model) {
  const JobFacts& job = model.job;
  const std::string html = html_facts(job_fact_list(job));
  return html + stage_table(job) + config_table(job);
}

}  // namespace pretag
