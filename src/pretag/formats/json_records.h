// Reads large JSON documents record by record, so that memory follows the size of a record and not of the file. For
// the readers of this layer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/util/result.h"

namespace pretag {

// `list` is the name of the list the record stands in, empty for a document that is a list itself; `index` counts from
// 0.
using JsonRecordVisit = std::function<Status(std::string_view list, size_t index, const nlohmann::json& record)>;

struct JsonRecordLists {
  std::vector<std::string> names;         // lists of the top-level object to visit; "" for a top-level list
  std::vector<std::string> ignored_keys;  // keys of a record that are read over, for they are large
};

// Calls `visit` for every element of the wanted lists; everything else is checked to be JSON and dropped. kCorrupt
// names the byte where the text stops being JSON; a document without any of the lists is kCorrupt too, as are more
// than 64 levels of nesting.
Status for_each_json_record(std::string_view text, const JsonRecordLists& lists, const JsonRecordVisit& visit);

// Fields of a record. kCorrupt names the key and says what it should be. Numbers are finite: JSON has no others.
Result<double> json_number(const nlohmann::json& record, const char* key);
Result<int64_t> json_integer(const nlohmann::json& record, const char* key);
Result<std::string> json_string(const nlohmann::json& record, const char* key);
// A list; the caller looks at its elements.
Result<const nlohmann::json*> json_list(const nlohmann::json& record, const char* key);
// Four numbers, a box in whatever form the format has; `name` is for the message.
Result<std::array<double, 4>> json_four_numbers(const nlohmann::json& value, const std::string& name);

}  // namespace pretag
