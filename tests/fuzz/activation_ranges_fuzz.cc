// The ranges of a model's activations, from its metadata or the file beside it: what is read can be written and read
// again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "pretag/nn/activation_ranges.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto ranges = pretag::parse_activation_ranges({reinterpret_cast<const char*>(data), size});
  if (!ranges) return 0;
  const auto again = pretag::parse_activation_ranges(pretag::to_json(*ranges));
  if (!again || again->layers.size() != ranges->layers.size()) std::abort();
  return 0;
}
