#include "pretag/nn/roi_align.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "pretag/nn/elements.h"
#include "pretag/nn/rounding.h"
#include "pretag/nn/weighted_bytes.h"
#include "pretag/util/multiversion.h"

namespace pretag {
namespace {

// One bilinear sample along one axis.
struct AxisSample {
  int low = 0, high = 0;
  float low_weight = 0, high_weight = 0;  // both 0 outside the map
};

// torchvision's bilinear_interpolate: samples beyond one cell outside are zero, others are clamped to the map.
AxisSample sample_axis(float position, int size) {
  if (position < -1.0f || position > static_cast<float>(size)) return {};
  position = std::max(position, 0.0f);
  AxisSample sample;
  sample.low = static_cast<int>(position);
  if (sample.low >= size - 1) {
    sample.low = sample.high = size - 1;
    position = static_cast<float>(sample.low);
  } else {
    sample.high = sample.low + 1;
  }
  sample.high_weight = position - static_cast<float>(sample.low);
  sample.low_weight = 1.0f - sample.high_weight;
  return sample;
}

constexpr int kAxisSamples = kRoiSize * kRoiSamples;
using Axis = std::array<AxisSample, kAxisSamples>;

Axis sample_positions(float start, float end, float scale, int size) {
  start *= scale;
  end *= scale;
  const float cell = std::max(end - start, 1.0f) / static_cast<float>(kRoiSize);  // aligned=False: at least one pixel
  Axis axis;
  for (int i = 0; i < kAxisSamples; ++i) {
    const int index = i / kRoiSamples, sample = i % kRoiSamples;
    const float within = (static_cast<float>(sample) + 0.5f) * cell / static_cast<float>(kRoiSamples);
    axis[i] = sample_axis(start + static_cast<float>(index) * cell + within, size);
  }
  return axis;
}

// A source cell and its share of an output cell.
struct FloatTap {
  ptrdiff_t offset;
  float share;
};
PRETAG_INLINE void set_tap(FloatTap& tap, ptrdiff_t offset, float share) { tap = {offset, share}; }
PRETAG_INLINE void set_tap(ByteTap& tap, ptrdiff_t offset, float share) {
  tap = {offset, static_cast<int16_t>(round_to_even(share * kWholeShare))};
}
template <class T>
using TapOf = std::conditional_t<std::is_same_v<T, int8_t>, ByteTap, FloatTap>;

// The samples of a cell along one axis fall on at most four rows or columns of the map; those that coincide are joined.
constexpr int kAxisTaps = kRoiSamples * 2;
struct AxisTaps {
  std::array<int, kAxisTaps> index;
  std::array<float, kAxisTaps> weight;
  int count = 0;

  PRETAG_INLINE void add(int at, float share) {
    if (share == 0) return;
    if (count > 0 && index[count - 1] == at) {
      weight[count - 1] += share;
    } else if (count > 1 && index[count - 2] == at) {
      weight[count - 2] += share;
    } else {
      index[count] = at;
      weight[count++] = share;
    }
  }
};

PRETAG_INLINE AxisTaps taps_of(const Axis& axis, int cell) {
  AxisTaps taps;
  for (int sample = 0; sample < kRoiSamples; ++sample) {
    const AxisSample& s = axis[cell * kRoiSamples + sample];
    taps.add(s.low, s.low_weight / kRoiSamples);
    taps.add(s.high, s.high_weight / kRoiSamples);
  }
  return taps;
}

// A constant number of channels lets the compiler keep the sums in registers; 64 are enough of them that additions do
// not wait for one another.
template <int kLanes, class T>
PRETAG_INLINE void pool_lanes(const T* plane, const FloatTap* taps, int count, T* out) {
  float sum[kLanes] = {};
  for (int t = 0; t < count; ++t) {
    const T* from = plane + taps[t].offset;
    for (int c = 0; c < kLanes; ++c) sum[c] += taps[t].share * to_float(from[c]);
  }
  for (int c = 0; c < kLanes; ++c) out[c] = from_float<T>(sum[c]);
}

template <class T>
PRETAG_INLINE void pool_cell(const T* plane, const FloatTap* taps, int count, int block, T* out) {
  int first = 0;
  for (; first + 64 <= block; first += 64) pool_lanes<64>(plane + first, taps, count, out + first);
  for (; first + 16 <= block; first += 16) pool_lanes<16>(plane + first, taps, count, out + first);
  for (; first + 8 <= block; first += 8) pool_lanes<8>(plane + first, taps, count, out + first);
  for (; first < block; ++first) pool_lanes<1>(plane + first, taps, count, out + first);
}

PRETAG_INLINE void pool_cell(const int8_t* plane, const ByteTap* taps, int count, int block, int8_t* out) {
  int first = 0;
  for (; first + 128 <= block; first += 128) weighted_bytes<128>(plane + first, taps, count, out + first);
  for (; first + 2 <= block; first += 2) weighted_bytes<2>(plane + first, taps, count, out + first);
}

// Where one RoI meets one channel block.
template <class T>
struct Pooling {
  const T* plane;  // of the level
  int width, block;
  const Axis *ys, *xs;
  T* out;                // of the first cell
  ptrdiff_t out_stride;  // from cell to cell
};

template <class T>
PRETAG_INLINE void pool_cells(const Pooling<T>& p) {
  T* out = p.out;
  std::array<AxisTaps, kRoiSize> columns;
  for (int x = 0; x < kRoiSize; ++x) columns[x] = taps_of(*p.xs, x);
  for (int y = 0; y < kRoiSize; ++y) {
    const AxisTaps rows = taps_of(*p.ys, y);
    for (int x = 0; x < kRoiSize; ++x, out += p.out_stride) {
      std::array<TapOf<T>, kAxisTaps * kAxisTaps> taps;
      int count = 0;
      for (int r = 0; r < rows.count; ++r) {
        const ptrdiff_t row = static_cast<ptrdiff_t>(rows.index[r]) * p.width;
        for (int c = 0; c < columns[x].count; ++c) {
          set_tap(taps[count++], (row + columns[x].index[c]) * p.block, rows.weight[r] * columns[x].weight[c]);
        }
      }
      pool_cell(p.plane, taps.data(), count, p.block, out);
    }
  }
}
PRETAG_MULTIVERSION void pool_f32(const Pooling<float>& pooling) { pool_cells(pooling); }
PRETAG_MULTIVERSION void pool_bf16(const Pooling<BFloat16>& pooling) { pool_cells(pooling); }
PRETAG_MULTIVERSION void pool_s8(const Pooling<int8_t>& pooling) { pool_cells(pooling); }

struct RoiAxes {
  Axis ys, xs;
};

// Channel block by channel block, so that what is read stays in the cache; the blocks of a level and of the output are
// the same, and in nhwc there is one.
template <class T, class Pool>
void pool_all(std::span<const Tensor* const> levels, std::span<const Roi> rois, const std::vector<RoiAxes>& axes,
              Tensor& out, Pool pool) {
  const int channels = levels[0]->channels(), block = levels[0]->block();
  const auto cell = [&](int column, int index, int first_channel) {
    const int channel = index * channels + first_channel;
    return out.block_plane<T>(channel / out.block()) + static_cast<size_t>(column) * out.block() +
           channel % out.block();
  };
  for (int b = 0; b < levels[0]->blocks(); ++b) {
    for (size_t i = 0; i < rois.size(); ++i) {
      const Tensor& level = *levels[rois[i].level];
      T* first = cell(static_cast<int>(i), 0, b * block);
      pool(Pooling<T>{.plane = level.block_plane<T>(b),
                      .width = level.width(),
                      .block = block,
                      .ys = &axes[i].ys,
                      .xs = &axes[i].xs,
                      .out = first,
                      .out_stride = cell(static_cast<int>(i), 1, b * block) - first});
    }
  }
}

}  // namespace

Tensor roi_align(Arena& arena, std::span<const Tensor* const> levels, std::span<const float> scales,
                 std::span<const Roi> rois, int width) {
  const Tensor& first = *levels[0];
  Tensor out(arena, first.format(), first.channels() * kRoiSize * kRoiSize, 1, width);
  std::memset(out.data(), 0, out.count() * element_size(out.type()));
  std::vector<RoiAxes> axes;
  axes.reserve(rois.size());
  for (const Roi& roi : rois) {
    const Tensor& level = *levels[roi.level];
    axes.push_back({sample_positions(roi.y1, roi.y2, scales[roi.level], level.height()),
                    sample_positions(roi.x1, roi.x2, scales[roi.level], level.width())});
  }
  switch (out.type()) {
    case ElementType::kInt8:
      if (first.channels() % 2 != 0) throw std::logic_error("RoIAlign of bytes takes channels in pairs");
      pool_all<int8_t>(levels, rois, axes, out, pool_s8);
      break;
    case ElementType::kBFloat16:
      pool_all<BFloat16>(levels, rois, axes, out, pool_bf16);
      break;
    case ElementType::kFloat32:
      pool_all<float>(levels, rois, axes, out, pool_f32);
      break;
    default:
      throw std::logic_error("no RoIAlign of this element type");
  }
  return out;
}

}  // namespace pretag
