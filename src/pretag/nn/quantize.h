// Weights as int8 with one scale an output channel.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pretag {

struct QuantizedMatrix {
  std::vector<int8_t> values;  // row-major, -largest..largest
  std::vector<float> scales;   // one a row: weight = value * scale
};

// `weights` has `rows` rows of equal length (the output channels) and finite values. Each row's scale is the one, of a
// few that clip the row's largest values by up to 20 %, with the smallest squared error. Rows that were made from
// integers up to `largest` become these again.
QuantizedMatrix quantize_rows(std::span<const float> weights, size_t rows, int largest = 127);

}  // namespace pretag
