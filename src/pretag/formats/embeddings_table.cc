#include "pretag/formats/embeddings_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "pretag/util/number.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr size_t kMostColumns = 16384;  // of embeddings

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
  line = without_byte_order_mark(line);
  constexpr size_t kMostOthers = 256;
  if (static_cast<size_t>(std::ranges::count(line, ',')) > kMostColumns + kMostOthers) {
    return corrupt(1, "too many columns");
  }
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
  if (header.embeddings > kMostColumns) return corrupt(1, "too many columns");
  return header;
}

// As people and programs write it.
bool is_yes(std::string_view text) {
  const std::string word = to_lower(trim(text));
  return word == "1" || word == "1.0" || word == "true";
}

// By way of a double: what is too small for a float is 0, not out of range.
std::optional<float> read_float(std::string_view text) {
  const auto value = read_number<double>(trim(text));
  if (!value || !(std::fabs(*value) <= std::numeric_limits<float>::max())) return std::nullopt;
  return static_cast<float>(*value);
}

Status read_row(std::string_view line, size_t number, const Header& header, EmbeddingsRow& row) {
  if (line.empty()) return corrupt(number, "an empty row");
  row.values.clear();
  row.masked = row.selected = false;
  size_t field = 0;
  for (std::string_view rest = line;; ++field) {
    const size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view text = rest.substr(0, comma);
    if (field == 0 && text.empty()) return corrupt(number, "there is no file name");
    if (field == 0) row.filename = text;
    if (field >= header.first_embedding && field < header.first_embedding + header.embeddings) {
      const auto value = read_float(text);
      if (!value) return corrupt(number, fmt::format("'{}' is no finite number", one_line(text, 20)));
      row.values.push_back(*value);
    }
    if (header.masked && field == *header.masked) row.masked = is_yes(text);
    if (header.selected && field == *header.selected) row.selected = is_yes(text);
    if (comma == rest.size()) break;
    rest.remove_prefix(comma + 1);
  }
  if (field + 1 == header.fields) return {};
  return corrupt(number, fmt::format("{} fields, but the header has {}", field + 1, header.fields));
}

// A file's lines, one after the other.
class Lines {
 public:
  explicit Lines(FileReader& file) : file_(file) {}

  // Without its end; valid until the next call. Nothing at the end of the file.
  Result<std::optional<std::string_view>> next() {
    constexpr size_t kLongest = size_t{1} << 20;
    for (;;) {
      const size_t end = buffer_.find('\n', begin_);
      if (end != std::string::npos || (at_end_ && begin_ < buffer_.size())) {
        std::string_view line = std::string_view(buffer_).substr(begin_, std::min(end, buffer_.size()) - begin_);
        begin_ += line.size() + 1;
        ++number_;
        if (line.ends_with('\r')) line.remove_suffix(1);
        return std::optional(line);
      }
      if (at_end_) return std::optional<std::string_view>();
      if (buffer_.size() - begin_ > kLongest) return corrupt(number_ + 1, "longer than a mebibyte");
      PRETAG_TRY(read_more());
    }
  }
  size_t number() const { return number_; }  // of the last line, from 1

 private:
  Status read_more() {
    constexpr size_t kStep = size_t{1} << 20;
    buffer_.erase(0, begin_);
    begin_ = 0;
    const size_t before = buffer_.size();
    buffer_.resize(before + kStep);
    PRETAG_ASSIGN(const size_t count, file_.read(offset_, std::as_writable_bytes(std::span(buffer_).subspan(before))));
    buffer_.resize(before + count);
    offset_ += count;
    at_end_ = count < kStep;
    return {};
  }

  FileReader& file_;
  std::string buffer_;
  size_t begin_ = 0, number_ = 0;  // begin_: of what is still to come of the buffer
  uint64_t offset_ = 0;
  bool at_end_ = false;
};

}  // namespace

Result<EmbeddingsTable> read_embeddings_csv(std::string_view text) {
  PRETAG_ASSIGN(const Header header, read_header(take_line(text)));
  EmbeddingsTable table;
  table.columns = header.embeddings;
  EmbeddingsRow row;
  for (size_t number = 2; !text.empty(); ++number) {
    PRETAG_TRY(read_row(take_line(text), number, header, row));
    table.filenames.push_back(row.filename);
    table.values.insert(table.values.end(), row.values.begin(), row.values.end());
    table.masked.push_back(row.masked ? 1 : 0);
    table.selected.push_back(row.selected ? 1 : 0);
  }
  return table;
}

Result<size_t> embeddings_csv_columns(FileReader& file) {
  Lines lines(file);
  PRETAG_ASSIGN(const auto first, lines.next());
  PRETAG_ASSIGN(const Header header, read_header(first.value_or("")));
  return header.embeddings;
}

Status for_each_embedding(FileReader& file, const std::function<Status(const EmbeddingsRow&)>& visit) {
  Lines lines(file);
  PRETAG_ASSIGN(const auto first, lines.next());
  PRETAG_ASSIGN(const Header header, read_header(first.value_or("")));
  EmbeddingsRow row;
  for (;;) {
    PRETAG_ASSIGN(const auto line, lines.next());
    if (!line) return {};
    PRETAG_TRY(read_row(*line, lines.number(), header, row));
    PRETAG_TRY(visit(row));
  }
}

}  // namespace pretag
