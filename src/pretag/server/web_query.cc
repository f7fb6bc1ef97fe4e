#include "pretag/server/web_query.h"

#include <charconv>

namespace pretag {
namespace {

template <class Number>
bool parse_all(std::string_view text, Number& value) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

}  // namespace

Reply<Bitmask> selected_samples(const Call& call, const Record& dataset) {
  const std::string_view id = call.query("tag");
  if (id.empty()) return Bitmask();
  PRETAG_ASSIGN(const auto tag, find(call.sql, Table::kTags, id));
  if (!tag || tag->parent != dataset.id) return not_found("TAG_UNKNOWN", "there is no such tag in this dataset");
  PRETAG_ASSIGN(Bitmask samples, Bitmask::parse(tag->document["bitMaskData"].get<std::string>()));
  return samples;
}

Reply<double> query_score(const Call& call) {
  const std::string_view text = call.query("minScore");
  double score = 0;
  if (text.empty()) return score;
  // Written so that a NaN is refused, too.
  if (!parse_all(text, score) || !(score >= 0 && score <= 1)) {
    return bad_request("'minScore' must be a number from 0 to 1");
  }
  return score;
}

Reply<int64_t> query_whole_number(const Call& call, std::string_view key, int64_t otherwise) {
  const std::string_view text = call.query(key);
  if (text.empty()) return otherwise;
  int64_t value = 0;
  if (!parse_all(text, value) || value < 0) {
    return bad_request("'" + std::string(key) + "' must be a whole number, not negative");
  }
  return value;
}

}  // namespace pretag
