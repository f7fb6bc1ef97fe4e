// Embeddings of other programs.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "pretag/formats/embeddings_table.h"

using namespace pretag;

namespace {

// Row by row a file is what it is as a whole.
void check_rows(const uint8_t* data, size_t size, const Result<EmbeddingsTable>& table) {
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  const auto file = memory_reader({bytes, bytes + size});
  size_t rows = 0;
  const Status read = for_each_embedding(*file, [&](const EmbeddingsRow& row) -> Status {
    if (table.ok() && (rows >= table->filenames.size() || row.filename != table->filenames[rows])) std::abort();
    ++rows;
    return {};
  });
  if (read.ok() != table.ok()) std::abort();
  if (table.ok() && rows != table->filenames.size()) std::abort();
  if (!read && read.error().message != table.error().message) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto table = read_embeddings_csv({reinterpret_cast<const char*>(data), size});
  check_rows(data, size, table);
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
