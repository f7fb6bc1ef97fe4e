// Embeddings of other programs.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "pretag/formats/embeddings_table.h"

using namespace pretag;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto table = read_embeddings_csv({reinterpret_cast<const char*>(data), size});
  if (!table) {
    const std::string& message = table.error().message;
    if (message.empty() || message.find('\n') != std::string::npos) std::abort();
    return 0;
  }
  const size_t rows = table->filenames.size();
  if (table->columns == 0 || table->values.size() != rows * table->columns) std::abort();
  if (table->masked.size() != rows || table->selected.size() != rows) std::abort();
  for (const float value : table->values) {
    if (!std::isfinite(value)) std::abort();
  }
  return 0;
}
