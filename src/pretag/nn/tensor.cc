#include "pretag/nn/tensor.h"

#include <stdexcept>

namespace pretag {

Tensor::Tensor(Arena& arena, ComputeFormat format, int channels, int height, int width)
    : format_(format), channels_(channels), height_(height), width_(width) {
  buffer_ = ArenaBuffer(arena, count() * element_size(format.type));
}

void Tensor::reinterpret_as(ComputeFormat format) {
  if (element_size(format.type) != element_size(format_.type) || format.block != format_.block) {
    throw std::logic_error("a tensor can only change to a format of the same size");
  }
  format_ = format;
}

}  // namespace pretag
