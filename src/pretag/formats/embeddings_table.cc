#include "pretag/formats/embeddings_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr size_t kMostColumns = 16384;

// Where the fields of a row are.
struct Header {
  size_t fields = 0, first_embedding = 0, embeddings = 0;
  std::optional<size_t> masked, selected;
};

Error corrupt(size_t line, std::string_view what) {
  return {ErrorCode::kCorrupt, fmt::format("line {}: {}", line, what)};
}

std::string_view take_line(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

Result<Header> read_header(std::string_view line) {
  if (std::ranges::count(line, ',') > static_cast<ptrdiff_t>(kMostColumns)) return corrupt(1, "too many columns");
  const std::vector<std::string> names = split(line, ',');
  Header header{.fields = names.size(), .masked = {}, .selected = {}};
  if (names[0] != "filenames") return corrupt(1, "the first column of an embeddings file is 'filenames'");
  for (size_t i = 1; i < names.size(); ++i) {
    if (names[i] == fmt::format("embedding_{}", header.embeddings)) {
      if (header.embeddings == 0) header.first_embedding = i;
      if (i != header.first_embedding + header.embeddings) return corrupt(1, "embedding columns must stand together");
      ++header.embeddings;
    }
    if (names[i] == "masked") header.masked = i;
    if (names[i] == "selected") header.selected = i;
  }
  if (header.embeddings == 0) return corrupt(1, "there is no column 'embedding_0'");
  return header;
}

// By way of a double: what is too small for a float is 0, not out of range.
std::optional<float> read_float(std::string_view text) {
  text = trim(text);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!(std::fabs(value) <= std::numeric_limits<float>::max())) return std::nullopt;
  return static_cast<float>(value);
}

Status read_row(std::string_view line, size_t number, const Header& header, EmbeddingsTable& table) {
  size_t field = 0;
  uint8_t masked = 0, selected = 0;
  for (std::string_view rest = line;; ++field) {
    const size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view text = rest.substr(0, comma);
    if (field == 0 && text.empty()) return corrupt(number, "there is no file name");
    if (field == 0) table.filenames.emplace_back(text);
    if (field >= header.first_embedding && field < header.first_embedding + header.embeddings) {
      const auto value = read_float(text);
      if (!value) return corrupt(number, fmt::format("'{}' is no finite number", one_line(text, 20)));
      table.values.push_back(*value);
    }
    if (header.masked && field == *header.masked) masked = trim(text) == "1";
    if (header.selected && field == *header.selected) selected = trim(text) == "1";
    if (comma == rest.size()) break;
    rest.remove_prefix(comma + 1);
  }
  if (field + 1 != header.fields) {
    return corrupt(number, fmt::format("{} fields, but the header has {}", field + 1, header.fields));
  }
  table.masked.push_back(masked);
  table.selected.push_back(selected);
  return {};
}

}  // namespace

Result<EmbeddingsTable> read_embeddings_csv(std::string_view text) {
  PRETAG_ASSIGN(const Header header, read_header(take_line(text)));
  EmbeddingsTable table;
  table.columns = header.embeddings;
  for (size_t number = 2; !text.empty(); ++number) {
    const std::string_view line = take_line(text);
    if (line.empty()) return corrupt(number, "an empty row");
    PRETAG_TRY(read_row(line, number, header, table));
  }
  return table;
}

}  // namespace pretag
