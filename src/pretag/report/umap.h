// A map of embeddings on which those lie together that are alike.
#pragma once

#include <array>
#include <vector>

#include "pretag/report/embedding_rows.h"

namespace pretag {

using PlanePoint = std::array<double, 2>;

struct UmapOptions {
  size_t neighbors = 15;  // of each row are held close to it
  int epochs = 300;
  int negatives = 5;  // rows that are pushed away for each neighbor that is drawn near
};

// Uniform Manifold Approximation and Projection (McInnes, Healy, Melville, "UMAP", 2018), with a = b = 1 in the curve
// of the low-dimensional distances, which needs no powers. It begins at `start`, a point a row, scaled: with the
// principal components, the map keeps what is far apart in the large (Kobak, Linderman, "Initialization is critical for
// preserving global data structure", 2021). The same rows and start give the same map. All pairs of rows are compared:
// for thousands, in about a second. One thread. Fewer than three rows stay where they start.
std::vector<PlanePoint> umap(const EmbeddingRows& rows, const std::vector<PlanePoint>& start,
                             const UmapOptions& options = {});

}  // namespace pretag
