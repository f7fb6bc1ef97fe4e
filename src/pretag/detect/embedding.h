// The image embedding: backbone features, pooled and projected.
#pragma once

#include "pretag/data/image_info.h"
#include "pretag/detect/transform.h"
#include "pretag/nn/tensor.h"

namespace pretag {

inline constexpr int kEmbeddingSize = 128;

// Mean of C5 over the picture (not over the padding), projected by a fixed random matrix of signs (Achlioptas, 2003:
// distances are kept up to a small error) and scaled to unit length. The matrix is the same for every run, so
// embeddings of different runs can be compared, and one image's does not depend on the others as PCA would.
Embedding image_embedding(const Tensor& c5, NetSize size);

}  // namespace pretag
