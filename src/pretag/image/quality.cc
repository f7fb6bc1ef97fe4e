#include "pretag/image/quality.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace pretag {
namespace {

// Sums for a mean and a standard deviation. Integers, so that the order of adding cannot matter.
struct Moments {
  int64_t count = 0, sum = 0, squares = 0;

  double mean() const { return count > 0 ? static_cast<double>(sum) / static_cast<double>(count) : 0; }
  double deviation() const {
    if (count == 0) return 0;
    const double average = mean();
    return std::sqrt(std::max(0.0, static_cast<double>(squares) / static_cast<double>(count) - average * average));
  }
};

// Row sums fit into 32 bits for rows of up to 4096 values of at most 1020, so longer rows are added in pieces.
template <class Value>
void add_row(Moments& moments, int width, Value value) {
  constexpr int kPiece = 4096;
  for (int start = 0; start < width; start += kPiece) {
    const int end = std::min(width, start + kPiece);
    int32_t sum = 0;
    uint32_t squares = 0;
    for (int x = start; x < end; ++x) {
      const int32_t v = value(x);
      sum += v;
      squares += static_cast<uint32_t>(v * v);
    }
    moments.sum += sum;
    moments.squares += squares;
  }
  moments.count += width;
}

void to_grey(const uint8_t* rgb, int width, uint8_t* grey) {
  for (int x = 0; x < width; ++x, rgb += 3) {
    grey[x] = static_cast<uint8_t>((rgb[0] * 4899 + rgb[1] * 9617 + rgb[2] * 1868 + 8192) >> 14);
  }
}

bool is_uniform(const uint8_t* rgb, int width) {
  return std::memcmp(rgb, rgb + 3, static_cast<size_t>(width - 1) * 3) == 0;
}

// IEC 61966-2-1.
const std::array<float, 256>& linear_from_srgb() {
  static const std::array<float, 256> table = [] {
    std::array<float, 256> values{};
    for (size_t i = 0; i < values.size(); ++i) {
      const double v = static_cast<double>(i) / 255;
      values[i] = static_cast<float>(v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4));
    }
    return values;
  }();
  return table;
}

// CIE 15, equation 8.3: L* of a relative luminance of 0 to 1.
float lightness(float luminance) {
  constexpr float kCube = 216.f / 24389.f, kSlope = 24389.f / 27.f;
  return luminance > kCube ? 116 * std::cbrt(luminance) - 16 : kSlope * luminance;
}

float mean_lightness(const Image& image) {
  constexpr double kMaxSamples = 65536;
  const double pixels = static_cast<double>(image.width) * image.height;
  const int step = std::max(1, static_cast<int>(std::ceil(std::sqrt(pixels / kMaxSamples))));
  const auto& linear = linear_from_srgb();
  double sum = 0;
  int64_t count = 0;
  for (int y = step / 2 % image.height; y < image.height; y += step) {
    for (int x = step / 2 % image.width; x < image.width; x += step, ++count) {
      const uint8_t* rgb = image.row(y) + 3 * static_cast<ptrdiff_t>(x);
      sum += lightness(0.2126f * linear[rgb[0]] + 0.7152f * linear[rgb[1]] + 0.0722f * linear[rgb[2]]);
    }
  }
  return static_cast<float>(sum / static_cast<double>(count));
}

}  // namespace

ImageQuality measure_quality(const Image& image) {
  if (image.width <= 0 || image.height <= 0) return {};
  const int width = image.width;
  std::array<std::vector<uint8_t>, 3> rows;  // the grey rows y - 2, y - 1 and y, in rotation
  for (auto& row : rows) row.resize(static_cast<size_t>(width));
  Moments grey, laplacian;
  int uniform_rows = 0;
  for (int y = 0; y < image.height; ++y) {
    uint8_t* below = rows[static_cast<size_t>(y) % 3].data();
    to_grey(image.row(y), width, below);
    add_row(grey, width, [&](int x) { return int32_t{below[x]}; });
    uniform_rows += is_uniform(image.row(y), width);
    if (y < 2 || width < 3) continue;
    const uint8_t* above = rows[static_cast<size_t>(y - 2) % 3].data();
    const uint8_t* here = rows[static_cast<size_t>(y - 1) % 3].data();
    add_row(laplacian, width - 2,
            [&](int x) { return above[x + 1] + below[x + 1] + here[x] + here[x + 2] - 4 * here[x + 1]; });
  }
  const double deviation = grey.deviation();
  return {.luminance = mean_lightness(image),
          .sharpness = static_cast<float>(laplacian.deviation()),
          .snr = deviation > 0 ? static_cast<float>(grey.mean() / deviation) : 0,
          .uniform_row_ratio = static_cast<float>(uniform_rows) / static_cast<float>(image.height)};
}

}  // namespace pretag
