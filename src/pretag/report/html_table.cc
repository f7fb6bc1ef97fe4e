#include <fmt/format.h>

#include "pretag/report/html_sections.h"

namespace pretag {
namespace {

std::string heading(const HtmlColumn& column, bool sortable) {
  const std::string number = column.is_number ? " class=\"number\"" : "";
  const std::string hint = column.hint.empty() ? "" : fmt::format(" title=\"{}\"", column.hint);
  return sortable ? fmt::format("<th scope=\"col\"{}{}><button type=\"button\" class=\"sort\">{}</button></th>", number,
                                hint, column.label)
                  : fmt::format("<th scope=\"col\"{}{}>{}</th>", number, hint, column.label);
}

std::string body_cell(const HtmlColumn& column, const HtmlCell& cell, bool is_first) {
  if (is_first) return fmt::format("<th scope=\"row\">{}</th>", cell.html);
  if (!column.is_number) return fmt::format("<td>{}</td>", cell.html);
  return fmt::format("<td class=\"number\" data-value=\"{}\">{}</td>", cell.sort_value, cell.html);
}

}  // namespace

std::string html_table(std::string_view id, std::string_view caption, const std::vector<HtmlColumn>& columns,
                       const std::vector<std::vector<HtmlCell>>& rows, bool sortable) {
  std::string html = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{1}\"><table id=\"{0}\"{2}>"
      "<caption>{1}</caption><thead><tr>",
      id, caption, sortable ? " class=\"sortable\"" : "");
  for (const HtmlColumn& column : columns) html += heading(column, sortable);
  html += "</tr></thead><tbody>";
  for (const std::vector<HtmlCell>& row : rows) {
    html += "<tr>";
    for (size_t i = 0; i < row.size(); ++i) html += body_cell(columns[i], row[i], i == 0);
    html += "</tr>";
  }
  return html + "</tbody></table></div>";
}

}  // namespace pretag
