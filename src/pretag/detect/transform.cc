#include "pretag/detect/transform.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "pretag/nn/elements.h"
#include "pretag/util/multiversion.h"

namespace pretag {
namespace {

constexpr float kMean[3] = {0.485f, 0.456f, 0.406f};
constexpr float kDeviation[3] = {0.229f, 0.224f, 0.225f};

struct Tap {
  int low, high;
  float high_weight;
};

// PyTorch's area_pixel_compute_source_index for align_corners=False, in float32.
std::vector<Tap> taps(int in_size, int out_size) {
  const float scale = static_cast<float>(in_size) / static_cast<float>(out_size);
  std::vector<Tap> result(out_size);
  for (int i = 0; i < out_size; ++i) {
    const float position = std::max(scale * (static_cast<float>(i) + 0.5f) - 0.5f, 0.0f);
    const int low = std::min(static_cast<int>(position), in_size - 1);
    result[i] = {low, std::min(low + 1, in_size - 1), position - static_cast<float>(low)};
  }
  return result;
}

// One row between two of the source's, still interleaved and 0..255.
PRETAG_MULTIVERSION void blend_rows(const uint8_t* low, const uint8_t* high, float high_weight, int count, float* out) {
  for (int i = 0; i < count; ++i) {
    const auto a = static_cast<float>(low[i]), b = static_cast<float>(high[i]);
    out[i] = a * (1.0f - high_weight) + b * high_weight;
  }
}

PRETAG_MULTIVERSION void blend_columns(const float* row, const Tap* columns, int count, int channel, float scale,
                                       float shift, float* out) {
  for (int x = 0; x < count; ++x) {
    const Tap& tap = columns[x];
    const float low = row[tap.low * 3 + channel], high = row[tap.high * 3 + channel];
    out[x] = (low * (1.0f - tap.high_weight) + high * tap.high_weight) * scale + shift;
  }
}

}  // namespace

NetSize net_size(int image_height, int image_width, int min_size, int max_size) {
  const auto shorter = static_cast<float>(std::min(image_height, image_width));
  const auto longer = static_cast<float>(std::max(image_height, image_width));
  // As PyTorch divides a number by a tensor: by multiplying with the float32 reciprocal. That can be a hair less than
  // the quotient, and a 200x200 image at min_size 160 becomes 159x159. The floor is in double, as Python's.
  const double scale =
      std::min(static_cast<float>(min_size) * (1.0f / shorter), static_cast<float>(max_size) * (1.0f / longer));
  const auto scaled = [&](int size) { return std::max(1, static_cast<int>(std::floor(size * scale))); };
  return {scaled(image_height), scaled(image_width)};
}

Tensor transform(Arena& arena, ComputeFormat format, const Image& image, NetSize size) {
  Tensor out(arena, format, 3, pad_to_32(size.height), pad_to_32(size.width));
  std::memset(out.data(), 0, out.count() * element_size(format.type));
  const std::vector<Tap> rows = taps(image.height, size.height), columns = taps(image.width, size.width);
  std::vector<float> blended(static_cast<size_t>(image.width) * 3), normalised(size.width);
  for (int y = 0; y < size.height; ++y) {
    blend_rows(image.row(rows[y].low), image.row(rows[y].high), rows[y].high_weight, image.width * 3, blended.data());
    for (int c = 0; c < 3; ++c) {
      const float scale = 1.0f / (255.0f * kDeviation[c]), shift = -kMean[c] / kDeviation[c];
      if (format.block == 1) {
        float* to = out.block_plane<float>(c) + static_cast<size_t>(y) * out.width();
        blend_columns(blended.data(), columns.data(), size.width, c, scale, shift, to);
      } else {
        blend_columns(blended.data(), columns.data(), size.width, c, scale / format.scale, shift / format.scale,
                      normalised.data());
        const size_t first = static_cast<size_t>(y) * out.width() * 3 + c;
        visit_elements(out, [&]<class T>(T* to) {
          for (int x = 0; x < size.width; ++x) to[first + x * 3] = from_float<T>(normalised[x]);
        });
      }
    }
  }
  return out;
}

}  // namespace pretag
