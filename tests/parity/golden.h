// torchvision's results on seeded pictures, read from tests/golden/data (made by tests/golden/make_goldens.py).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "pretag/image/image.h"
#include "pretag/util/result.h"
#include "support/seeded_weights.h"

namespace pretag {

// What is kept of one stage: of every row_stride-th row (first dimension) every value_stride-th value, in order.
struct GoldenStage {
  std::vector<int64_t> shape;  // of the whole stage
  int64_t row_stride = 1, value_stride = 1;
  std::vector<float> values;

  int64_t rows() const { return shape[0]; }
  int64_t row_size() const { return std::accumulate(shape.begin() + 1, shape.end(), int64_t{1}, std::multiplies<>()); }
  int64_t kept_rows() const { return (rows() + row_stride - 1) / row_stride; }
  int64_t kept_per_row() const { return (row_size() + value_stride - 1) / value_stride; }
};

struct GoldenImage {
  std::string name;  // "<width>x<height>-<seed>"
  int width = 0, height = 0, seed = 0;
  std::map<std::string, GoldenStage> stages;  // by the names of pretag/detect/stages.h
};

struct GoldenFile {
  SeededModel model;
  std::string made_with;  // versions, for people
  std::vector<GoldenImage> images;
};

// kCorrupt names what is missing or does not fit.
Result<GoldenFile> load_golden_file(const std::string& path);

}  // namespace pretag
