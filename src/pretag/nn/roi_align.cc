#include "pretag/nn/roi_align.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "pretag/nn/elements.h"
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
struct Tap {
  ptrdiff_t offset;
  float weight;
};
constexpr int kTaps = kRoiSamples * kRoiSamples * 4;
using Taps = std::array<Tap, kTaps>;

PRETAG_INLINE Taps taps_of_cell(const Axis& ys, const Axis& xs, int y, int x, int width, int block) {
  Taps taps;
  int count = 0;
  for (int sy = 0; sy < kRoiSamples; ++sy) {
    const AxisSample& v = ys[y * kRoiSamples + sy];
    for (int sx = 0; sx < kRoiSamples; ++sx) {
      const AxisSample& h = xs[x * kRoiSamples + sx];
      const auto add = [&](int row, int column, float weight) {
        taps[count++] = {(static_cast<ptrdiff_t>(row) * width + column) * block,
                         weight / static_cast<float>(kRoiSamples * kRoiSamples)};
      };
      add(v.low, h.low, v.low_weight * h.low_weight);
      add(v.low, h.high, v.low_weight * h.high_weight);
      add(v.high, h.low, v.high_weight * h.low_weight);
      add(v.high, h.high, v.high_weight * h.high_weight);
    }
  }
  return taps;
}

template <class T>
PRETAG_INLINE void pool_cell(const T* plane, const Taps& taps, int block, T* out) {
  constexpr int kLanes = 16;
  for (int first = 0; first < block; first += kLanes) {
    const int lanes = std::min(kLanes, block - first);
    float sum[kLanes] = {};
    if (lanes == kLanes) {  // a constant count lets the compiler keep the sums in registers
      for (const Tap& tap : taps) {
        for (int c = 0; c < kLanes; ++c) sum[c] += tap.weight * to_float(plane[tap.offset + first + c]);
      }
    } else {
      for (const Tap& tap : taps) {
        for (int c = 0; c < lanes; ++c) sum[c] += tap.weight * to_float(plane[tap.offset + first + c]);
      }
    }
    for (int c = 0; c < lanes; ++c) out[first + c] = from_float<T>(sum[c]);
  }
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
  for (int y = 0; y < kRoiSize; ++y) {
    for (int x = 0; x < kRoiSize; ++x, out += p.out_stride) {
      pool_cell(p.plane, taps_of_cell(*p.ys, *p.xs, y, x, p.width, p.block), p.block, out);
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
