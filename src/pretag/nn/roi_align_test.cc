#include "pretag/nn/roi_align.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "pretag/nn/bfloat16.h"
#include "pretag/nn/feature_ops.h"

namespace pretag {
namespace {

constexpr int kChannels = 160;
constexpr ComputeFormat kSigned{ElementType::kInt8, 0, 1.0f / 8};

// Of a result. Integers are rounded to a step, off by an eighth of one more.
double tolerance_of(ComputeFormat format) {
  if (format.is_quantized()) return static_cast<double>(format.scale) * (0.5 + 0.125);
  return format.type == ElementType::kBFloat16 ? 0.04 : 1e-4;
}

float feature(int level, int channel, int y, int x) {
  return static_cast<float>((level * 7 + channel * 3 + y * y + x * 5) % 64 - 24) / 8;  // exact in bf16 and kSigned
}

// The definition for one output cell: the mean of four bilinear samples.
double reference_cell(int level, int channel, int height, int width, double scale, const Roi& roi, int cell_y,
                      int cell_x) {
  const double roi_height = std::max((roi.y2 - roi.y1) * scale, 1.0),
               roi_width = std::max((roi.x2 - roi.x1) * scale, 1.0);
  double sum = 0;
  for (int sample = 0; sample < 4; ++sample) {
    double y = roi.y1 * scale + roi_height / 7 * (cell_y + (sample / 2 + 0.5) / 2);
    double x = roi.x1 * scale + roi_width / 7 * (cell_x + (sample % 2 + 0.5) / 2);
    if (y < -1 || y > height || x < -1 || x > width) continue;
    y = std::min(std::max(y, 0.0), height - 1.0), x = std::min(std::max(x, 0.0), width - 1.0);
    const int top = static_cast<int>(y), left = static_cast<int>(x);
    const int bottom = std::min(top + 1, height - 1), right = std::min(left + 1, width - 1);
    const double v = y - top, h = x - left;
    sum += (1 - v) * ((1 - h) * feature(level, channel, top, left) + h * feature(level, channel, top, right)) +
           v * ((1 - h) * feature(level, channel, bottom, left) + h * feature(level, channel, bottom, right));
  }
  return sum / 4;
}

class RoiAlign : public testing::TestWithParam<ComputeFormat> {};

TEST_P(RoiAlign, EqualsItsDefinition) {
  Arena arena;
  const int heights[] = {24, 12}, widths[] = {40, 20};
  const float scales[] = {0.25f, 0.125f};
  std::vector<Tensor> maps;
  for (int level = 0; level < 2; ++level) {
    std::vector<float> values;
    for (int c = 0; c < kChannels; ++c) {
      for (int y = 0; y < heights[level]; ++y) {
        for (int x = 0; x < widths[level]; ++x) values.push_back(feature(level, c, y, x));
      }
    }
    maps.push_back(from_nchw(arena, GetParam(), kChannels, heights[level], widths[level], values.data()));
  }
  const Tensor* levels[] = {&maps[0], &maps[1]};
  const std::vector<Roi> rois = {{3, 5, 60, 50, 0},
                                 {0, 0, 160, 96, 1},
                                 {10.3f, 20.7f, 11, 21, 0},  // smaller than a pixel
                                 {150, 90, 160, 96, 1},
                                 {40, 0, 159.5f, 17, 0}};
  const int width = 8;
  const auto found = to_nchw(roi_align(arena, levels, scales, rois, width));

  const double tolerance = tolerance_of(GetParam());
  for (size_t i = 0; i < rois.size(); ++i) {
    const int level = rois[i].level;
    for (int c = 0; c < kChannels; ++c) {
      for (int y = 0; y < kRoiSize; ++y) {
        for (int x = 0; x < kRoiSize; ++x) {
          const double expected = reference_cell(level, c, heights[level], widths[level], scales[level], rois[i], y, x);
          ASSERT_NEAR(found[static_cast<size_t>(roi_channel(kChannels, c, y, x)) * width + i], expected, tolerance)
              << "RoI " << i << " channel " << c << " cell " << y << ' ' << x;
        }
      }
    }
  }
  for (size_t column = rois.size(); column < width; ++column) EXPECT_EQ(found[column], 0.0f);
}

INSTANTIATE_TEST_SUITE_P(Formats, RoiAlign,
                         testing::Values(ComputeFormat{ElementType::kFloat32, 16},
                                         ComputeFormat{ElementType::kFloat32, 8},
                                         ComputeFormat{ElementType::kFloat32, 0},
                                         ComputeFormat{ElementType::kBFloat16, 0}, kSigned));

// The largest bytes, and one that only saturation makes: sums of shares that add up to 1 must not run over.
TEST(RoiAlignOfBytes, TheExtremesStayWhatTheyAre) {
  Arena arena;
  for (const int value : {127, -127, -128}) {
    Tensor map(arena, kSigned, kChannels, 20, 30);
    std::memset(map.data(), value, map.count());
    const Tensor* level = &map;
    const float scale = 0.25f;
    const std::vector<Roi> rois = {{3, 5, 60, 50, 0}, {0, 0, 119, 79, 0}, {10.3f, 20.7f, 11, 21, 0}};
    const Tensor pooled = roi_align(arena, {&level, 1}, {&scale, 1}, rois, static_cast<int>(rois.size()));
    for (size_t i = 0; i < pooled.count(); ++i) ASSERT_EQ(pooled.as<int8_t>()[i], value) << i;
  }
}

}  // namespace
}  // namespace pretag
