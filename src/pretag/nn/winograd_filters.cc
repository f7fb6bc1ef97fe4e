#include "pretag/nn/winograd_filters.h"

#include "pretag/util/multiversion.h"

namespace pretag {
namespace {

// One dimension of the weights' transform, G of Lavin and Gray.
PRETAG_INLINE void transform_filter(const float* g0, const float* g1, const float* g2, int count, float* const out[6]) {
  for (int c = 0; c < count; ++c) {
    const float ends = g0[c] + g2[c], far_ends = g0[c] / 4 + g2[c];
    out[0][c] = g0[c] / 4;
    out[1][c] = (ends + g1[c]) / -6;
    out[2][c] = (ends - g1[c]) / -6;
    out[3][c] = (far_ends + g1[c] / 2) / 6;
    out[4][c] = (far_ends - g1[c] / 2) / 6;
    out[5][c] = g2[c];
  }
}

// `room` is for 9 + 18 rows.
PRETAG_MULTIVERSION void transform_filters(const float* filter, int in_channels, float* room, float* out) {
  for (int c = 0; c < in_channels; ++c) {
    for (int k = 0; k < 9; ++k) room[k * in_channels + c] = filter[c * 9 + k];
  }
  float* columns = room + 9 * in_channels;  // (6, 3, in_channels)
  for (int x = 0; x < 3; ++x) {
    float* to[6];
    for (int y = 0; y < 6; ++y) to[y] = columns + (y * 3 + x) * in_channels;
    const float* from = room + x * in_channels;
    transform_filter(from, from + 3 * in_channels, from + 6 * in_channels, in_channels, to);
  }
  for (int y = 0; y < 6; ++y) {
    float* to[6];
    for (int x = 0; x < 6; ++x) to[x] = out + (y * 6 + x) * in_channels;
    const float* from = columns + y * 3 * in_channels;
    transform_filter(from, from + in_channels, from + 2 * in_channels, in_channels, to);
  }
}

}  // namespace

std::span<const float> WinogradFilters::transformed(const float* filter) {
  transform_filters(filter, in_channels_, room_.data(), transformed_.data());
  return transformed_;
}

}  // namespace pretag
