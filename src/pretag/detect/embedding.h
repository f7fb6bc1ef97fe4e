// What the network saw, as a short vector: of the picture, and of every object in it.
#pragma once

#include <span>
#include <vector>

#include "pretag/data/image_info.h"
#include "pretag/detect/transform.h"
#include "pretag/nn/tensor.h"

namespace pretag {

inline constexpr int kEmbeddingSize = 128;

// Both are features of the one forward pass, projected by a fixed random matrix of signs (Achlioptas, 2003: distances
// are kept up to a small error) and scaled to unit length; features that are all zero give zeros. The matrix is the
// same for every run, so embeddings of different runs of one model can be compared, and one image's does not depend on
// the others as PCA would. Embeddings of pictures and of objects cannot be compared with each other.

// Mean of C5 over the picture, not over the padding.
Embedding image_embedding(const Tensor& c5, NetSize size);

// The box head's last hidden layer, from which it tells the class and the box: of each of `rois`, a column of
// `representations` (channels x 1 x RoIs).
std::vector<Embedding> object_embeddings(const Tensor& representations, std::span<const int> rois);

}  // namespace pretag
