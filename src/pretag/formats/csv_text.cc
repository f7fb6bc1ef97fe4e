#include "pretag/formats/csv_text.h"

#include <algorithm>

namespace pretag {
namespace {

Error corrupt(const char* message) { return {ErrorCode::kCorrupt, message}; }

// The field up to its closing quote, which is taken off, too. The opening one is gone already.
Result<std::string> quoted_field(std::string_view& text) {
  std::string field;
  while (true) {
    const size_t quote = text.find('"');
    if (quote == std::string_view::npos) return corrupt("a quote is not closed");
    field += text.substr(0, quote);
    text.remove_prefix(quote + 1);
    if (!text.starts_with('"')) return field;
    field += '"';  // two stand for one
    text.remove_prefix(1);
  }
}

}  // namespace

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string field = "\"";
  for (const char c : text) field += c == '"' ? "\"\"" : std::string(1, c);
  return field + '"';
}

Result<std::vector<std::string>> next_csv_record(std::string_view& text) {
  std::vector<std::string> record;
  while (true) {
    if (text.starts_with('"')) {
      text.remove_prefix(1);
      PRETAG_ASSIGN(record.emplace_back(), quoted_field(text));
    } else {
      const size_t end = std::min(text.find_first_of(",\n"), text.size());
      const bool ends_line = end == text.size() || text[end] == '\n';
      const bool has_return = ends_line && end > 0 && text[end - 1] == '\r';
      record.emplace_back(text.substr(0, has_return ? end - 1 : end));
      text.remove_prefix(has_return ? end - 1 : end);
    }
    if (text.starts_with("\r\n")) text.remove_prefix(1);
    if (text.empty() || text == "\r") {
      text = {};
      return record;
    }
    const char next = text.front();
    text.remove_prefix(1);
    if (next == '\n') return record;
    if (next != ',') return corrupt("a quoted field goes on after its closing quote");
  }
}

}  // namespace pretag
