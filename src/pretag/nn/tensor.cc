#include "pretag/nn/tensor.h"

namespace pretag {

Tensor::Tensor(Arena& arena, ComputeFormat format, int channels, int height, int width)
    : format_(format), channels_(channels), height_(height), width_(width) {
  buffer_ = ArenaBuffer(arena, count() * element_size(format.type));
}

}  // namespace pretag
