#include "pretag/gpu/gpu_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <new>
#include <random>

#include "pretag/nn/compute_context.h"
#include "pretag/nn/feature_ops.h"
#include "support/test_gpu.h"

namespace pretag {
namespace {

using testing::HasSubstr;

std::vector<float> random_values(size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  std::vector<float> values(count);
  for (float& value : values) value = uniform(generator);
  return values;
}

struct Size {
  int channels, height, width;
  size_t count() const { return static_cast<size_t>(channels) * height * width; }
};

// The processor's stem wants its three channels plain.
ComputeFormat format_of(int channels) {
  return channels == 3 ? ComputeFormat{ElementType::kFloat32, 1} : float32_format();
}

// The same values on the processor and on the device.
class Maps {
 public:
  explicit Maps(std::shared_ptr<GpuWeights> weights = std::make_shared<GpuWeights>(test_gpu()))
      : gpu(std::move(weights)) {}

  Tensor tensor(const Size& size, const std::vector<float>& values) {
    return from_nchw(cpu.arena(), format_of(size.channels), size.channels, size.height, size.width, values.data());
  }
  GpuMap map(const Size& size, const std::vector<float>& values) {
    return gpu.to_device(
        from_nchw(cpu.arena(), {ElementType::kFloat32, 1}, size.channels, size.height, size.width, values.data()));
  }
  std::vector<float> values(const GpuMap& map) { return to_nchw(gpu.to_host(map)); }

  ComputeContext cpu;
  GpuContext gpu;
};

void expect_near(const std::vector<float>& actual, const std::vector<float>& expected, float tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  float largest = 0;
  for (const float value : expected) largest = std::max(largest, std::abs(value));
  for (size_t i = 0; i < actual.size(); ++i) ASSERT_NEAR(actual[i], expected[i], tolerance * largest) << "at " << i;
}

struct ConvolutionCase {
  const char* what;
  Size in;
  int out_channels, kernel, stride, padding;
  bool relu, accumulate;
};

Convolution seeded_convolution(const ConvolutionCase& c) {
  const ConvolutionSpec spec{.name = c.what,
                             .in_channels = c.in.channels,
                             .out_channels = c.out_channels,
                             .kernel = c.kernel,
                             .stride = c.stride,
                             .padding = c.padding,
                             .relu = c.relu,
                             .accumulate = c.accumulate,
                             .in = format_of(c.in.channels),
                             .out = float32_format()};
  const size_t weights = static_cast<size_t>(c.out_channels) * c.in.channels * c.kernel * c.kernel;
  return Convolution(spec, [weights, outs = static_cast<size_t>(c.out_channels)] {
    return ConvolutionWeights{random_values(weights, 1), random_values(outs, 2)};
  });
}

class GpuConvolution : public testing::TestWithParam<ConvolutionCase> {};

TEST_P(GpuConvolution, EqualsTheProcessors) {
  const ConvolutionCase& c = GetParam();
  const Convolution convolution = seeded_convolution(c);
  Maps maps;
  const std::vector<float> values = random_values(c.in.count(), 3);
  const Tensor in = maps.tensor(c.in, values);
  const GpuMap gpu_in = maps.map(c.in, values);
  const auto side = [&](int length) { return (length + 2 * c.padding - c.kernel) / c.stride + 1; };
  const Size out_size{c.out_channels, side(c.in.height), side(c.in.width)};
  const std::vector<float> before = random_values(out_size.count(), 4);
  Tensor out = maps.tensor(out_size, before);
  GpuMap gpu_out = maps.map(out_size, before);
  maps.cpu.convolve(convolution, in, out);
  maps.gpu.convolve(convolution, gpu_in, gpu_out);
  expect_near(maps.values(gpu_out), to_nchw(out), 2e-5f);
}

INSTANTIATE_TEST_SUITE_P(
    All, GpuConvolution,
    testing::Values(ConvolutionCase{"pointwise", {64, 19, 23}, 48, 1, 1, 0, false, false},
                    ConvolutionCase{"pointwise in large tiles", {32, 31, 37}, 200, 1, 1, 0, true, false},
                    ConvolutionCase{"added to a shortcut", {64, 19, 23}, 256, 1, 1, 0, true, true},
                    ConvolutionCase{"a shortcut with a stride", {32, 21, 30}, 64, 1, 2, 0, false, false},
                    ConvolutionCase{"a depth that is no multiple of 16", {20, 9, 11}, 15, 1, 1, 0, false, false},
                    ConvolutionCase{"the stem", {3, 65, 70}, 64, 7, 2, 3, true, false},
                    ConvolutionCase{"3x3, few tiles", {32, 14, 9}, 40, 3, 1, 1, true, false},
                    ConvolutionCase{"3x3 with a stride", {32, 33, 40}, 64, 3, 2, 1, true, false},
                    ConvolutionCase{"3x3 by Winograd", {32, 36, 44}, 64, 3, 1, 1, true, false},
                    ConvolutionCase{"3x3 by Winograd, broken tiles", {48, 41, 39}, 33, 3, 1, 1, false, false},
                    ConvolutionCase{"3x3 by Winograd in large tiles", {16, 70, 77}, 96, 3, 1, 1, false, false},
                    ConvolutionCase{"one cell", {16, 1, 1}, 16, 3, 1, 1, false, false},
                    ConvolutionCase{"one row", {1024, 1, 128}, 40, 1, 1, 0, false, false}),
    [](const auto& tested) {
      std::string name = tested.param.what;
      std::ranges::replace_if(
          name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
      return name;
    });

// A map of so many columns is computed in large tiles, its first columns alone in small ones.
TEST(GpuContext, TheSizeOfTilesChangesNoBit) {
  const ConvolutionCase c{"", {160, 1, 2048}, 256, 1, 1, 0, true, false};
  const Convolution convolution = seeded_convolution(c);
  Maps maps;
  const std::vector<float> values = random_values(c.in.count(), 5);
  const std::vector<float> all = maps.values(maps.gpu.convolve(convolution, maps.map(c.in, values)));
  constexpr int kFew = 60;
  std::vector<float> first;
  for (int channel = 0; channel < c.in.channels; ++channel) {
    first.insert(first.end(), values.begin() + channel * c.in.width, values.begin() + channel * c.in.width + kFew);
  }
  const std::vector<float> few = maps.values(maps.gpu.convolve(convolution, maps.map({c.in.channels, 1, kFew}, first)));
  for (int row = 0; row < c.out_channels; ++row) {
    for (int column = 0; column < kFew; ++column) ASSERT_EQ(few[row * kFew + column], all[row * c.in.width + column]);
  }
}

TEST(GpuContext, ReservesNoMoreOfTheHostsMemoryThanItsShare) {
  GpuContext gpu(std::make_shared<GpuWeights>(test_gpu()), size_t{128} << 20);
  EXPECT_THROW(gpu.arena().allocate(size_t{256} << 20), std::bad_alloc);
}

TEST(GpuContext, MapsComeBackAsTheyWent) {
  Maps maps;
  const Size size{7, 5, 13};
  const std::vector<float> values = random_values(size.count(), 1);
  EXPECT_EQ(maps.values(maps.map(size, values)), values);
}

TEST(GpuContext, PoolsAndScalesAsTheProcessorDoes) {
  for (const Size& size : {Size{5, 17, 22}, Size{3, 8, 8}, Size{2, 1, 1}}) {
    Maps maps;
    const std::vector<float> values = random_values(size.count(), 1);
    const Tensor tensor = maps.tensor(size, values);
    const GpuMap map = maps.map(size, values);
    Arena& arena = maps.cpu.arena();
    EXPECT_EQ(maps.values(maps.gpu.max_pool_3x3_stride_2(map)), to_nchw(max_pool_3x3_stride_2(arena, tensor)));
    EXPECT_EQ(maps.values(maps.gpu.subsample_2(map)), to_nchw(subsample_2(arena, tensor)));
    for (const auto& [height, width] : {std::pair{34, 44}, {33, 43}, {17, 22}, {20, 51}}) {
      EXPECT_EQ(maps.values(maps.gpu.upsample_nearest(map, height, width)),
                to_nchw(upsample_nearest(arena, tensor, height, width)));
    }
  }
}

TEST(GpuContext, RoisAreAlignedAsOnTheProcessor) {
  Maps maps;
  const std::array<Size, 2> sizes{Size{32, 30, 44}, Size{32, 15, 22}};
  const std::array<float, 2> scales{0.25f, 0.125f};
  const std::vector<float> fine = random_values(sizes[0].count(), 1), coarse = random_values(sizes[1].count(), 2);
  const Tensor tensors[] = {maps.tensor(sizes[0], fine), maps.tensor(sizes[1], coarse)};
  const GpuMap gpu_maps[] = {maps.map(sizes[0], fine), maps.map(sizes[1], coarse)};
  const std::vector<Roi> rois{{10, 10, 60, 50, 0},       {0, 0, 176, 120, 1},  {3.5f, 70, 4, 70.25f, 0},
                              {170, 110, 176, 120, 1},   {-9, -30, 20, 10, 0}, {160, 100, 220, 160, 0},
                              {50.3f, 20.7f, 90, 99, 1}, {12, 12, 12, 12, 0}};
  const std::array<const Tensor*, 2> levels{&tensors[0], &tensors[1]};
  const std::array<const GpuMap*, 2> gpu_levels{&gpu_maps[0], &gpu_maps[1]};
  constexpr int kWidth = 16;
  const std::vector<float> expected = to_nchw(roi_align(maps.cpu.arena(), levels, scales, rois, kWidth));
  const std::vector<float> actual = maps.values(maps.gpu.roi_align(gpu_levels, scales, rois, kWidth));
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t row = 0; row < actual.size() / kWidth; ++row) {
    for (size_t i = 0; i < rois.size(); ++i) {
      ASSERT_NEAR(actual[row * kWidth + i], expected[row * kWidth + i], 1e-4) << "row " << row << ", RoI " << i;
    }
  }
}

TEST(GpuMemory, FollowsTheSizesOfImagesNotTheirNumber) {
  GpuMemory memory(test_gpu(), [] {});
  const auto image = [&](int side) {
    GpuMap first(memory, 64, side, side);
    GpuMap second(memory, 32, side, side);
    first = GpuMap(memory, 16, side, side / 2);
  };
  size_t most = 0;
  for (int i = 0; i < 500; ++i) {
    image(40 + i * 37 % 60);
    memory.trim();
    most = std::max(most, memory.held());
  }
  EXPECT_LT(most, size_t{4} * (64 + 32 + 16) * 100 * 100 * 2);
}

TEST(Gpu, ADeviceThatIsNotThereIsNamedWithThoseThatAre) {
  const auto none = Gpu::open("gpu:99");
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, ErrorCode::kDevice);
  EXPECT_THAT(none.error().message, HasSubstr("device=gpu:99"));
  EXPECT_THAT(none.error().message, HasSubstr(test_gpu()->device().choice + " (" + test_gpu()->device().name + ")"));
}

TEST(Gpu, KnowsItsDevice) {
  const GpuDevice& device = test_gpu()->device();
  EXPECT_FALSE(device.name.empty());
  EXPECT_GT(device.compute_units, 0);
  EXPECT_GT(device.memory_bytes, 1u << 20);
}

}  // namespace
}  // namespace pretag
