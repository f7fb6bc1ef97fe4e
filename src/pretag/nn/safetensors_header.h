// The JSON header of a .safetensors file, read as a stream so that a hostile one cannot grow into a large tree.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/util/result.h"

namespace pretag {

struct SafetensorsEntry {
  std::string dtype;
  std::vector<int64_t> shape;
  std::vector<int64_t> data_offsets;  // begin and end in the bytes after the header
};

struct SafetensorsHeader {
  std::map<std::string, SafetensorsEntry> tensors;
  std::map<std::string, std::string> metadata;  // "__metadata__"
};

// Checks the form only: {"name": {"dtype": text, "shape": [integers], "data_offsets": [integers]}, …,
// "__metadata__": {"key": text, …}}. kCorrupt for anything else, for names that appear twice and for more dimensions
// than a tensor can have.
Result<SafetensorsHeader> parse_safetensors_header(std::string_view json);

}  // namespace pretag
