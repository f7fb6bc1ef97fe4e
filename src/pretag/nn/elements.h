// The element types of feature maps, for code that works on all of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>

#include "pretag/nn/bfloat16.h"
#include "pretag/nn/rounding.h"
#include "pretag/nn/tensor.h"

namespace pretag {

inline float to_float(uint8_t stored) { return static_cast<float>(stored); }
inline float to_float(int8_t stored) { return static_cast<float>(stored); }

// Rounds and stays in the type's range; int8_t's is -127..127.
template <>
inline uint8_t from_float<uint8_t>(float value) {
  return static_cast<uint8_t>(static_cast<int>(round_to_even(std::min(std::max(value, 0.0f), 255.0f))));
}
template <>
inline int8_t from_float<int8_t>(float value) {
  return static_cast<int8_t>(static_cast<int>(round_to_even(std::min(std::max(value, -127.0f), 127.0f))));
}

// Calls `visit` with a pointer to the first stored element; times format().scale it is the value.
template <class Visit>
decltype(auto) visit_elements(const Tensor& tensor, Visit visit) {
  switch (tensor.type()) {
    case ElementType::kFloat32:
      return visit(tensor.as<float>());
    case ElementType::kBFloat16:
      return visit(tensor.as<BFloat16>());
    case ElementType::kUInt8:
      return visit(tensor.as<uint8_t>());
    case ElementType::kInt8:
      return visit(tensor.as<int8_t>());
    default:
      throw std::logic_error("feature maps do not have this element type");
  }
}

}  // namespace pretag
