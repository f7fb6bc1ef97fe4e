// What the strategies work on: one value, one class vector or some vectors a sample. Whoever fills these has resolved
// every name in the configuration; this layer knows neither files nor tasks.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pretag/select/matrix.h"

namespace pretag {

// One finite number a sample.
struct NumericColumn {
  std::vector<double> values;
  bool is_count = false;  // of things in a sample: several samples together have the sum
};

// How much of each class a sample holds: counts, sums of probabilities, or 1 for its category. Not negative.
struct ClassColumns {
  std::vector<std::string> classes;
  std::vector<float> values;  // row-major, a row a sample, a column a class

  float at(size_t sample, size_t index) const { return values[sample * classes.size() + index]; }
};

// Vectors of the samples, or of the query that samples are compared with. Finite.
struct VectorColumn {
  size_t columns = 0;
  std::vector<float> values;    // row-major
  std::vector<uint32_t> first;  // see SampleVectors; empty: one row a sample

  size_t rows() const { return columns > 0 ? values.size() / columns : 0; }
  SampleVectors view() const { return {MatrixView(values.data(), rows(), columns), first}; }
};

}  // namespace pretag
