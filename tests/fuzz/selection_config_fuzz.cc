// Selections from outside. What was accepted keeps what every reader of it relies on.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pretag/formats/selection_config.h"

using namespace pretag;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto config = read_selection_config({reinterpret_cast<const char*>(data), size});
  if (!config) {
    const std::string& message = config.error().message;
    if (message.empty() || message.find('\n') != std::string::npos) std::abort();
    return 0;
  }
  for (const SelectionEntry& entry : config->entries) {
    double sum = 0;
    for (const auto& [name, share] : entry.strategy.target) sum += share;
    if (!(entry.strategy.strength >= 0) || !(sum <= 1.001) || describe(entry).empty()) std::abort();
  }
  return 0;
}
