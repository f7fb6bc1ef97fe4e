// The pictures that `pretag bench` computes.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pretag/image/image.h"
#include "pretag/util/result.h"

namespace pretag {

struct BenchFrames {
  std::vector<std::vector<std::byte>> encoded;  // at least one; all can be decoded
  std::string description;
};

// One JPEG of the usual size of a driving camera, 1280x720: gradients, shapes and noise, the same on every machine.
Result<BenchFrames> synthetic_frame();
// At most `most` images below `folder`, spread evenly over their names; those that cannot be decoded are left out.
// kInvalidArgument if none is left.
Result<BenchFrames> frames_of(const std::string& folder, size_t most);

}  // namespace pretag
