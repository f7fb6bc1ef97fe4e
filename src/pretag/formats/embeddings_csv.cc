#include "pretag/formats/embeddings_csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace pretag {

EmbeddingsCsvWriter::EmbeddingsCsvWriter(FileSystem::Sink sink, size_t dimension)
    : sink_(std::move(sink)), dimension_(dimension) {}

Status EmbeddingsCsvWriter::begin() {
  std::string header = "filenames";
  for (size_t i = 0; i < dimension_; ++i) header += fmt::format(",embedding_{}", i);
  return sink_(header + ",labels\n");
}

Status EmbeddingsCsvWriter::add(const std::string& filename, const Embedding& embedding) {
  if (embedding.empty()) return {};
  if (filename.find_first_of(",\"\r\n") != std::string::npos) {
    skipped_.push_back(filename);
    return {};
  }
  const bool finite = std::ranges::all_of(embedding, [](float value) { return std::isfinite(value); });
  if (embedding.size() != dimension_ || !finite) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: the embedding is not {} finite values", filename, dimension_)};
  }
  // The shortest text that reads back as the same float.
  return sink_(fmt::format("{},{},0\n", filename, fmt::join(embedding, ",")));
}

}  // namespace pretag
