// embeddings.csv: a line an image, "filenames,embedding_0,…,embedding_n-1,labels". docs/formats/embeddings_csv.md.
#pragma once

#include <string>
#include <vector>

#include "pretag/data/image_info.h"
#include "pretag/io/file_system.h"
#include "pretag/util/result.h"

namespace pretag {

// Writes through `sink` as it goes: begin, then every image. The label column, an integer, is 0: there are no labels.
class EmbeddingsCsvWriter {
 public:
  EmbeddingsCsvWriter(FileSystem::Sink sink, size_t dimension);

  Status begin();
  // The format knows no quoting, so an image whose name holds a comma, a quote or a line break is left out and named
  // in skipped(). One without an embedding is left out. kInvalidArgument for another number of values or one that is
  // not finite.
  Status add(const std::string& filename, const Embedding& embedding);

  const std::vector<std::string>& skipped() const { return skipped_; }

 private:
  FileSystem::Sink sink_;
  size_t dimension_;
  std::vector<std::string> skipped_;
};

}  // namespace pretag
