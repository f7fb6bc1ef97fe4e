#include "pretag/formats/corruptness.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "pretag/formats/json_text.h"

namespace pretag {

CorruptnessWriter::CorruptnessWriter(FileSystem::Sink sink) : sink_(std::move(sink)) {}

Status CorruptnessWriter::begin() { return sink_("{\"corrupt_samples\": {"); }

Status CorruptnessWriter::add(const std::string& filename, const std::string& reason) {
  PRETAG_ASSIGN(const std::string name, json_text(filename));
  using nlohmann::json;
  const std::string text = json(reason).dump(-1, ' ', false, json::error_handler_t::replace);
  return sink_((std::exchange(first_, false) ? "\n" : ",\n") + name + ": " + text);
}

Status CorruptnessWriter::end() { return sink_("\n}}\n"); }

std::string filename_line(const std::string& filename) {
  std::string line;
  for (const char c : filename) {
    if (c == '\n') {
      line += "\\n";
    } else if (c == '\r') {
      line += "\\r";
    } else {
      line += c;
    }
  }
  return line + "\n";
}

}  // namespace pretag
