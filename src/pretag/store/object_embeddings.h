// The embeddings of an image's objects as one compact value in the ledger. docs/formats/ledger.md has the layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pretag/data/prediction.h"
#include "pretag/util/result.h"

namespace pretag {

struct ObjectEmbeddings {
  std::string filename;
  size_t columns = 0;         // values of an embedding
  std::vector<float> values;  // row i, of unit length, is that of the image's detections[i]; the last may have none

  size_t objects() const { return columns == 0 ? 0 : values.size() / columns; }
};

struct ObjectEmbeddingsBlob {
  int64_t columns = 0;
  std::vector<std::byte> bytes;  // objects x columns of int8
};

// Of the first detections that have an embedding of the same size; nothing if the first has none. An embedding keeps
// its direction: as a vector of unit length, each value to within 1/200 of the largest.
ObjectEmbeddingsBlob encode_object_embeddings(std::span<const Detection> detections);

// Rows of unit length, or of zeros. kCorrupt for what encode_object_embeddings cannot have written.
Result<std::vector<float>> decode_object_embeddings(int64_t columns, std::span<const std::byte> bytes);

}  // namespace pretag
