// Vectors of many samples, one a row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace pretag {

// Row-major float32, `stride` floats from one row to the next. Does not own; needs no alignment.
struct MatrixView {
  const float* data = nullptr;
  size_t rows = 0, columns = 0, stride = 0;

  MatrixView() = default;
  MatrixView(const float* values, size_t row_count, size_t column_count)
      : data(values), rows(row_count), columns(column_count), stride(column_count) {}

  const float* row(size_t index) const { return data + index * stride; }
};

// The vectors of samples that may have several (one an object) or none.
struct SampleVectors {
  MatrixView rows;
  // Sample i has the rows first[i] up to first[i + 1], so there is one more than samples; empty: sample i has row i.
  std::span<const uint32_t> first;

  size_t samples() const { return first.empty() ? rows.rows : first.size() - 1; }
  uint32_t begin(uint32_t sample) const { return first.empty() ? sample : first[sample]; }
  uint32_t end(uint32_t sample) const { return first.empty() ? sample + 1 : first[sample + 1]; }
};

}  // namespace pretag
