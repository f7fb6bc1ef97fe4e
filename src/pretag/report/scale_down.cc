#include "pretag/report/scale_down.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace pretag {
namespace {

// One target pixel covers the source pixels from `first` on, with these weights (their sum is 1).
struct Cover {
  int first = 0;
  std::vector<float> weights;
};

std::vector<Cover> covers(int source_size, int target_size) {
  std::vector<Cover> result(static_cast<size_t>(target_size));
  const double ratio = static_cast<double>(source_size) / target_size;
  for (int i = 0; i < target_size; ++i) {
    const double begin = i * ratio, end = std::min(begin + ratio, static_cast<double>(source_size));
    Cover& cover = result[static_cast<size_t>(i)];
    cover.first = static_cast<int>(begin);
    for (int k = cover.first; k < end && k < source_size; ++k)
      cover.weights.push_back(static_cast<float>((std::min(end, k + 1.0) - std::max(begin, k + 0.0)) / ratio));
  }
  return result;
}

// Adds `weight` times a source row, shrunk to the target's width.
void add_row(const uint8_t* row, const std::vector<Cover>& columns, float weight, std::vector<float>& sums) {
  float* sum = sums.data();
  for (const Cover& column : columns) {
    const uint8_t* pixel = row + static_cast<ptrdiff_t>(column.first) * 3;
    for (const float column_weight : column.weights)
      for (int c = 0; c < 3; ++c) sum[c] += weight * column_weight * static_cast<float>(*pixel++);
    sum += 3;
  }
}

}  // namespace

Image scale_down(const Image& image, int longest_side) {
  const int longest = std::max(image.width, image.height);
  if (longest <= longest_side) return image;
  const double scale = static_cast<double>(longest_side) / longest;
  Image scaled{std::max(1, static_cast<int>(std::lround(image.width * scale))),
               std::max(1, static_cast<int>(std::lround(image.height * scale))),
               {}};
  scaled.rgb.resize(static_cast<size_t>(scaled.width) * scaled.height * 3);
  const std::vector<Cover> columns = covers(image.width, scaled.width), rows = covers(image.height, scaled.height);
  std::vector<float> sums(static_cast<size_t>(scaled.width) * 3);
  for (int y = 0; y < scaled.height; ++y) {
    std::ranges::fill(sums, 0.0f);
    const Cover& cover = rows[static_cast<size_t>(y)];
    for (size_t k = 0; k < cover.weights.size(); ++k)
      add_row(image.row(cover.first + static_cast<int>(k)), columns, cover.weights[k], sums);
    std::ranges::transform(sums, scaled.row(y), [](float sum) { return static_cast<uint8_t>(sum + 0.5f); });
  }
  return scaled;
}

}  // namespace pretag
