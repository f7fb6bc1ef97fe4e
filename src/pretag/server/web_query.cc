#include "pretag/server/web_query.h"

#include "pretag/util/number.h"

namespace pretag {

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
  if (text.empty()) return 0.0;
  const auto score = read_number<double>(text);
  // Written so that a NaN is refused, too.
  if (!score || !(*score >= 0 && *score <= 1)) return bad_request("'minScore' must be a number from 0 to 1");
  return *score;
}

}  // namespace pretag
