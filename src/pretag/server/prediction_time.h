// Predictions and scores come in sets: all of one have the time at which they were made (predictionUUIDTimestamp, unix
// ms), with which the names of their records begin. For this layer.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "pretag/server/call.h"

namespace pretag {

// Of the query, for reading. None: the caller wants the newest. -1 is what clients before 1.4.8 send by default,
// for predictions of which there is one version; their time is 0.
Reply<std::optional<std::string>> prediction_time(const Call& call);
// For writing: newer clients may leave the time out, which means the same as -1.
Reply<std::string> prediction_time_or_zero(const Call& call);
// Of a record's name; 0 where it has none.
int64_t time_in_name(std::string_view name);

// Writes the record of that name, in place of an earlier one, and gives its id.
Reply<std::string> put_named(const Call& call, Table table, const Record& dataset, const std::string& name,
                             nlohmann::json document, const std::string& state = "");

}  // namespace pretag
