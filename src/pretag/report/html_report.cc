#include "pretag/report/html_report.h"

#include <fmt/format.h>

#include <charconv>
#include <vector>

#include "pretag/report/html/assets.h"
#include "pretag/report/html_sections.h"
#include "pretag/report/report_words.h"
#include "pretag/report/text.h"

namespace pretag {
namespace {

struct Section {
  std::string_view id, heading, short_name;  // neither heading nor name: the top of the page
  std::string (*render)(const ReportModel&);
};

// The page from top to bottom.
constexpr Section kSections[] = {
    {"summary", "", "", html_summary},
    {"selection", "The selection", "Selection", html_selection},
    {"objects", "The selected objects", "Objects", html_objects},
    {"videos", "The videos", "Videos", html_videos},
    {"classes", "What is in the images", "Classes", html_classes},
    {"rare", "Rare classes", "Rare", html_rare},
    {"examples", "Examples", "Examples", html_examples},
    {"distributions", "Distributions", "Distributions", html_distributions},
    {"embeddings", "How the images lie", "Embeddings", html_embeddings},
    {"pairs", "Left out, and why", "Left out", html_pairs},
    {"similar", "Most similar pairs", "Similar", html_similar},
    {"duplicates", "Duplicates", "Duplicates", html_duplicates},
    {"failures", "Files that could not be read", "Corrupt", html_failures},
    {"model", "The model", "Model", html_model},
    {"run", "The run", "Run", html_run},
};

std::string render_section(const Section& section, const std::string& content) {
  std::string html = fmt::format("<section id=\"{0}\" data-section=\"{0}\"", section.id);
  if (!section.heading.empty())
    html +=
        fmt::format(" aria-labelledby=\"{0}-heading\"><h2 id=\"{0}-heading\">{1}</h2>", section.id, section.heading);
  else
    html += '>';
  return html + content + "</section>\n";
}

// The value of a content security policy's 'sha256-…' from the hash in hex.
std::string base64_of_hex(std::string_view hex) {
  std::vector<std::byte> bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    uint8_t value = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, value, 16);
    bytes.push_back(std::byte{value});
  }
  return base64(bytes);
}

// Replaces "{{name}}" in one pass over the page: what a value brings in is never looked at again.
std::string fill_in(std::string_view page, const std::vector<std::pair<std::string_view, std::string_view>>& values) {
  std::string filled;
  while (true) {
    const size_t begin = page.find("{{"), end = page.find("}}", begin);
    if (begin == std::string_view::npos || end == std::string_view::npos) return filled.append(page);
    filled.append(page.substr(0, begin));
    const std::string_view name = page.substr(begin + 2, end - begin - 2);
    for (const auto& [key, value] : values)
      if (key == name) filled.append(value);
    page.remove_prefix(end + 2);
  }
}

// A narrow chart may have room for less, and says so.
std::string chart_caption(const Chart& wide, const Chart& narrow) {
  if (wide.subtitle == narrow.subtitle) return escape_markup(wide.subtitle) + ".";
  return fmt::format("<span class=\"for-wide\">{}.</span><span class=\"for-narrow\">{}.</span>",
                     escape_markup(wide.subtitle), escape_markup(narrow.subtitle));
}

}  // namespace

std::string html_report(const ReportModel& model) {
  std::string navigation, sections;
  for (const Section& section : kSections) {
    const std::string content = section.render(model);
    if (content.empty()) continue;
    if (!section.heading.empty()) navigation += fmt::format("<a href=\"#{}\">{}</a>", section.id, section.short_name);
    sections += render_section(section, content);
  }
  const std::string title =
      escape_markup(model.job.title.empty() ? "Pretag report" : model.job.title + " · Pretag report");
  return fill_in(kReportHtml,
                 {{"title", title},
                  {"script_hash", base64_of_hex(kReportJsSha256)},
                  {"style", kReportCss},
                  {"navigation", navigation},
                  {"sections", sections},
                  {"predictions", looked_for_objects(model) ? ", all predictions in data/bounding_boxes.json" : ""},
                  {"version", escape_markup(model.job.pretag_version)},
                  {"script", kReportJs}});
}

std::string html_chart(const MakeChart& make_chart, const ReportModel& model, double wide, double narrow) {
  return fmt::format("<div class=\"for-wide\">{}</div><div class=\"for-narrow\">{}</div>",
                     inline_svg(make_chart(model, wide)), inline_svg(make_chart(model, narrow)));
}

std::string html_chart_panel(const MakeChart& make_chart, const ReportModel& model, bool whole) {
  const double width = whole ? kPlotWidth : 400;
  constexpr double kNarrow = 330;
  const Chart chart = make_chart(model, width);
  return fmt::format("<figure class=\"panel{}\"><h3>{}</h3>{}<figcaption>{}</figcaption></figure>",
                     whole ? " whole" : "", escape_markup(chart.title), html_chart(make_chart, model, width, kNarrow),
                     chart_caption(chart, make_chart(model, kNarrow)));
}

std::string html_facts(const std::vector<std::pair<std::string, std::string>>& facts) {
  std::string items;
  for (const auto& [key, value] : facts)
    if (!value.empty())
      items += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", escape_markup(key), escape_markup(value));
  return items.empty() ? items : "<dl class=\"facts\">" + items + "</dl>";
}

std::string html_filename(std::string_view filename) {
  constexpr size_t kMostCharacters = 240;
  return "<bdi class=\"filename\">" + escape_markup(shorten_middle(filename, kMostCharacters)) + "</bdi>";
}

}  // namespace pretag
