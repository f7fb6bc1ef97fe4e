// selection.json of a run folder that somebody touched. What was read must survive being written.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "pretag/formats/selection_file.h"

using namespace pretag;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto selection = read_selection({reinterpret_cast<const char*>(data), size});
  if (!selection) {
    const std::string& message = selection.error().message;
    if (message.empty() || message.find('\n') != std::string::npos) std::abort();
    return 0;
  }
  const std::string written = write_selection(*selection);
  const auto again = read_selection(written);
  if (!again || write_selection(*again) != written) std::abort();
  return 0;
}
