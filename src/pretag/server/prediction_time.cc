#include "pretag/server/prediction_time.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "pretag/util/number.h"

namespace pretag {

Reply<std::optional<std::string>> prediction_time(const Call& call) {
  const std::string_view text = call.query("predictionUUIDTimestamp");
  if (text.empty()) return std::optional<std::string>();
  const auto value = read_number<int64_t>(text);
  if (!value || *value < -1) {
    return bad_request(
        "'predictionUUIDTimestamp' must be a time in milliseconds, or -1 for predictions without versions");
  }
  return std::optional(fmt::format("{}", std::max<int64_t>(*value, 0)));
}

Reply<std::string> prediction_time_or_zero(const Call& call) {
  PRETAG_ASSIGN(auto time, prediction_time(call));
  return std::move(time).value_or("0");
}

int64_t time_in_name(std::string_view name) {
  int64_t time = 0;
  std::from_chars(name.data(), name.data() + name.size(), time);
  return time;
}

Reply<std::string> put_named(const Call& call, Table table, const Record& dataset, const std::string& name,
                             nlohmann::json document, const std::string& state) {
  PRETAG_ASSIGN(auto record, find_first(call.sql, table, {.parent = dataset.id, .name = name}));
  const bool is_new = !record;
  if (is_new) record = call.new_record(dataset.id, name);
  record->document = std::move(document);
  record->state = state;
  record->modified_at = call.server.now_ms();
  if (is_new) {
    PRETAG_TRY(insert(call.sql, table, *record));
  } else {
    PRETAG_TRY(update(call.sql, table, *record));
  }
  return record->id;
}

}  // namespace pretag
