// The embeddings of an image's objects and regions as compact values in the ledger. docs/formats/ledger.md has the
// layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pretag/data/prediction.h"
#include "pretag/util/result.h"

namespace pretag {

struct EmbeddingsBlob {
  int64_t columns = 0;
  std::vector<std::byte> bytes;  // objects x columns of int8
};

// Of the first detections that have an embedding of the same size; nothing if the first has none. An embedding keeps
// its direction: as a vector of unit length, each value to within 1/200 of the largest.
EmbeddingsBlob encode_object_embeddings(std::span<const Detection> detections);

// Rows of unit length, or of zeros. kCorrupt for what encode_object_embeddings cannot have written.
Result<std::vector<float>> decode_object_embeddings(int64_t columns, std::span<const std::byte> bytes);

struct RegionsBlob {
  std::vector<std::byte> boxes;  // x1, y1, x2, y2: float32 of each, little-endian
  EmbeddingsBlob embeddings;     // a row a box
};

// Boxes are kept exactly. Regions must have embeddings, of one size.
RegionsBlob encode_regions(std::span<const Region> regions);
// kCorrupt where there are not as many boxes as embeddings.
Result<std::vector<Region>> decode_regions(std::span<const std::byte> boxes, int64_t columns,
                                           std::span<const std::byte> embeddings);

}  // namespace pretag
