// What the network finds in a picture at two sizes, put together. Private to detect/.
#pragma once

#include <vector>

#include "pretag/detect/roi_heads.h"

namespace pretag {

struct FusionOptions {
  float nms_threshold = 0.5f;     // overlap of two boxes of a class that are the same object
  float score_threshold = 0.05f;  // not above it: left out
  int most = 100;                 // detections, the best
};

// Weighted boxes fusion (Solovyev, Wang, Gabruseva, "Weighted boxes fusion", 2021), but that the weights depend on the
// size of the object: small ones are only seen at the full size, and large ones better at half of it, where they look
// like those that most networks have learned from. From 48 pixels of the full input on (the root of the area) the half
// size counts, and from 96 on for seven tenths. What only one of them has found counts as found by the other with a
// score of 0.
//
// Both in pixels of the full input and by falling score, as the result. Embeddings are those of the full size where it
// has found the object.
std::vector<RoiDetection> fuse_views(std::vector<RoiDetection> full, std::vector<RoiDetection> half,
                                     const FusionOptions& options);

}  // namespace pretag
