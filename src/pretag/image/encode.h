// Pixels to encoded bytes.
#pragma once

#include <cstddef>
#include <vector>

#include "pretag/image/image.h"
#include "pretag/util/result.h"

namespace pretag {

// Baseline JPEG. `quality` 1..100. kInvalidArgument for an empty image, kInternal if the encoder fails. Thread-safe.
Result<std::vector<std::byte>> encode_jpeg(const Image& image, int quality);

}  // namespace pretag
