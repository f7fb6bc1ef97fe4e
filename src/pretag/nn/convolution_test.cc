#include "pretag/nn/convolution.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "pretag/nn/bfloat16.h"
#include "pretag/nn/compute_context.h"
#include "pretag/nn/feature_ops.h"
#include "pretag/nn/quantize.h"
#include "pretag/nn/wide_convolution.h"
#include "pretag/nn/winograd.h"

namespace pretag {
namespace {

struct Case {
  int in_channels, out_channels, kernel, stride, padding, height, width;
  bool relu, accumulate;
};

std::vector<float> random_values(size_t count, float scale, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> uniform(-scale, scale);
  std::vector<float> values(count);
  for (float& value : values) value = uniform(generator);
  return values;
}

std::vector<float> normal_values(size_t count, float deviation, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(0, deviation);
  std::vector<float> values(count);
  for (float& value : values) value = normal(generator);
  return values;
}

// Signal to noise.
double decibels(const std::vector<float>& signal, const std::vector<float>& noisy) {
  double power = 0, noise = 0;
  for (size_t i = 0; i < signal.size(); ++i) {
    power += static_cast<double>(signal[i]) * static_cast<double>(signal[i]);
    noise += std::pow(static_cast<double>(noisy[i]) - static_cast<double>(signal[i]), 2);
  }
  return 10 * std::log10(power / noise);
}

// The definition, in double. `in` and `out` are NCHW.
void reference(const Case& c, const std::vector<float>& in, const ConvolutionWeights& weights,
               std::vector<float>& out) {
  const int out_height = (c.height + 2 * c.padding - c.kernel) / c.stride + 1;
  const int out_width = (c.width + 2 * c.padding - c.kernel) / c.stride + 1;
  size_t index = 0;
  for (int o = 0; o < c.out_channels; ++o) {
    for (int y = 0; y < out_height; ++y) {
      for (int x = 0; x < out_width; ++x, ++index) {
        double sum = weights.bias[o] + (c.accumulate ? out[index] : 0.0f);
        for (int i = 0; i < c.in_channels; ++i) {
          for (int ky = 0; ky < c.kernel; ++ky) {
            for (int kx = 0; kx < c.kernel; ++kx) {
              const int sy = y * c.stride + ky - c.padding, sx = x * c.stride + kx - c.padding;
              if (sy < 0 || sy >= c.height || sx < 0 || sx >= c.width) continue;
              sum += static_cast<double>(in[(static_cast<size_t>(i) * c.height + sy) * c.width + sx]) *
                     weights.weights[((static_cast<size_t>(o) * c.in_channels + i) * c.kernel + ky) * c.kernel + kx];
            }
          }
        }
        out[index] = static_cast<float>(c.relu ? std::max(sum, 0.0) : sum);
      }
    }
  }
}

float largest_difference(const std::vector<float>& a, const std::vector<float>& b) {
  float difference = 0, largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference = std::max(difference, std::abs(a[i] - b[i]));
    largest = std::max(largest, std::abs(b[i]));
  }
  return difference / largest;
}

class ConvolutionEqualsReference : public testing::TestWithParam<Case> {};

// Relative to the largest output: what fast and plain may differ by.
float measured_difference(const Case& c, ComputeFormat in_format, ComputeFormat out_format, ComputeFormat addend = {}) {
  ConvolutionWeights weights;
  weights.weights = random_values(static_cast<size_t>(c.out_channels) * c.in_channels * c.kernel * c.kernel,
                                  1 / std::sqrt(static_cast<float>(c.in_channels * c.kernel * c.kernel)), 1);
  weights.bias = random_values(c.out_channels, 0.5f, 2);
  std::vector<float> in = random_values(static_cast<size_t>(c.in_channels) * c.height * c.width, 1, 3);
  if (in_format.type == ElementType::kBFloat16) {
    for (float& value : in) value = to_float(to_bfloat16(value));  // only the computation's error counts
  }

  const ConvolutionSpec spec{.in_channels = c.in_channels,
                             .out_channels = c.out_channels,
                             .kernel = c.kernel,
                             .stride = c.stride,
                             .padding = c.padding,
                             .relu = c.relu,
                             .accumulate = c.accumulate,
                             .in = in_format,
                             .out = out_format,
                             .addend = addend};
  const Convolution convolution(spec, [weights] { return weights; });
  ComputeContext context;
  const Tensor input = from_nchw(context.arena(), in_format, c.in_channels, c.height, c.width, in.data());
  const int out_height = (c.height + 2 * c.padding - c.kernel) / c.stride + 1;
  const int out_width = (c.width + 2 * c.padding - c.kernel) / c.stride + 1;
  std::vector<float> expected = random_values(static_cast<size_t>(c.out_channels) * out_height * out_width, 1, 4);
  const ComputeFormat before = c.accumulate && out_format.is_quantized() ? addend : convolution.computed().out;
  Tensor output = from_nchw(context.arena(), before, c.out_channels, out_height, out_width, expected.data());
  context.convolve(convolution, input, output);
  reference(c, in, weights, expected);
  return largest_difference(to_nchw(output), expected);
}

TEST_P(ConvolutionEqualsReference, InFloat32) {
  const ComputeFormat format = float32_format();
  const ComputeFormat in = GetParam().in_channels == 3 ? ComputeFormat{ElementType::kFloat32, 1} : format;
  EXPECT_LT(measured_difference(GetParam(), in, format), 1e-5f);
}

// Whole numbers from -largest to largest, of which every row has the largest.
std::vector<float> whole_numbers(size_t count, size_t row, int largest, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_int_distribution<int> uniform(-largest, largest);
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(uniform(generator));
  for (size_t i = 0; i < count; i += row) values[i] = static_cast<float>(largest);
  return values;
}

// Winograd's way rounds the transformed weights; the largest of tens of thousands of errors, where the outputs'
// standard deviation is 0.28 of the reach.
constexpr float kWinogradSlack = 8e-3f;
// Weights of 16 bits have more steps than these whole numbers, but not multiples of theirs.
constexpr float kWideSlack = 1e-4f;

float slack_of(const ConvolutionSpec& spec, int height, int width) {
  if (winograd_code() != nullptr && suits_winograd(*winograd_code(), spec, height, width)) return kWinogradSlack;
  return wide_code() != nullptr && suits_wide(spec) ? kWideSlack : 1e-5f;
}

// What the processor's integers can hold without rounding: then only the output's rounding is left.
TEST_P(ConvolutionEqualsReference, InIntegers) {
  if (!supports_int8()) GTEST_SKIP() << "this processor cannot compute in int8";
  const Case& c = GetParam();
  const size_t row = static_cast<size_t>(c.in_channels) * c.kernel * c.kernel;
  for (const bool signed_input : {false, true}) {
    const int largest = has_native_int8() ? 127 : 64;
    ConvolutionWeights weights{whole_numbers(row * c.out_channels, row, largest, 1),
                               random_values(c.out_channels, 90, 2)};
    for (float& weight : weights.weights) weight /= 64;
    std::vector<float> in = whole_numbers(static_cast<size_t>(c.in_channels) * c.height * c.width, 1000, 100, 3);
    for (float& value : in) value = (signed_input ? value : std::abs(value)) / 4;
    const ComputeFormat in_format = signed_input ? signed_format(127.0f / 4) : unsigned_format(255.0f / 4);
    const float reach = 60 * std::sqrt(static_cast<float>(row));
    for (const ComputeFormat out_format :
         {c.relu ? unsigned_format(reach) : signed_format(reach), ComputeFormat{ElementType::kFloat32, 0}}) {
      for (const ComputeFormat addend : {signed_format(reach / 2), ComputeFormat{ElementType::kFloat32, 0}}) {
        const ConvolutionSpec spec{.in_channels = c.in_channels,
                                   .out_channels = c.out_channels,
                                   .kernel = c.kernel,
                                   .stride = c.stride,
                                   .padding = c.padding,
                                   .relu = c.relu,
                                   .accumulate = c.accumulate,
                                   .in = in_format,
                                   .out = out_format,
                                   .addend = addend};
        const Convolution convolution(spec, [&] { return weights; });
        ComputeContext context;
        const Tensor input = from_nchw(context.arena(), in_format, c.in_channels, c.height, c.width, in.data());
        const int out_height = (c.height + 2 * c.padding - c.kernel) / c.stride + 1;
        const int out_width = (c.width + 2 * c.padding - c.kernel) / c.stride + 1;
        const auto before = random_values(static_cast<size_t>(c.out_channels) * out_height * out_width, reach / 2, 4);
        Tensor output = from_nchw(context.arena(), c.accumulate ? addend : convolution.computed().out, c.out_channels,
                                  out_height, out_width, before.data());
        std::vector<float> expected = to_nchw(output);
        context.convolve(convolution, input, output);
        reference(c, in, weights, expected);
        ASSERT_EQ(output.format(), out_format);
        const float step = out_format.is_quantized() ? out_format.scale : 0;
        const float slack = slack_of(spec, c.height, c.width);
        const float highest = out_format.is_quantized() ? reach : 1e9f, lowest = c.relu ? 0 : -highest * 128 / 127;
        const auto found = to_nchw(output);
        for (size_t i = 0; i < found.size(); ++i) {
          ASSERT_NEAR(found[i], std::clamp(expected[i], lowest, highest), 0.501f * step + slack * reach) << i;
        }
      }
    }
  }
}

TEST_P(ConvolutionEqualsReference, InFloatsToIntegers) {
  if (!supports_int8()) GTEST_SKIP() << "this processor cannot compute in int8";
  const ComputeFormat out = GetParam().relu ? unsigned_format(5) : signed_format(5);
  EXPECT_LT(measured_difference(GetParam(), {ElementType::kFloat32, 0}, out, signed_format(1)), 0.02f);
}

TEST_P(ConvolutionEqualsReference, InBFloat16) {
  if (!supports_bfloat16()) GTEST_SKIP() << "this processor cannot compute in bf16";
  const ComputeFormat format = bfloat16_format();
  EXPECT_LT(measured_difference(GetParam(), format, format), 1e-2f);
  EXPECT_LT(measured_difference(GetParam(), format, {ElementType::kFloat32, 0}), 1e-2f) << "with float32 output";
}

INSTANTIATE_TEST_SUITE_P(Shapes, ConvolutionEqualsReference,
                         testing::Values(Case{3, 64, 7, 2, 3, 32, 64, true, false},      // the stem
                                         Case{64, 64, 3, 1, 1, 24, 40, true, false},     // Winograd, few channels
                                         Case{256, 256, 3, 1, 1, 13, 21, false, false},  // Winograd, odd sizes
                                         Case{256, 256, 3, 1, 1, 1, 1, true, false},     // smaller than the kernel
                                         Case{256, 256, 3, 1, 1, 2, 33, true, false},    //
                                         Case{128, 128, 3, 2, 1, 15, 22, true, false},   // strided
                                         Case{64, 256, 1, 1, 0, 17, 9, true, true},      // the residual sum
                                         Case{256, 512, 1, 2, 0, 17, 9, false, false},   // a shortcut
                                         Case{512, 256, 1, 1, 0, 9, 11, false, true},    // a lateral of the pyramid
                                         Case{256, 15, 1, 1, 0, 10, 12, false,
                                              false},  // the RPN's heads: outputs that fill no block
                                         Case{1024, 40, 1, 1, 0, 1, 64, false, false}));  // a fully connected layer

// 3x3, to `out_channels` in floats.
ConvolutionSpec winograd_spec(int in_channels, int out_channels, ComputeFormat in_format) {
  return {.in_channels = in_channels,
          .out_channels = out_channels,
          .kernel = 3,
          .padding = 1,
          .in = in_format,
          .out = {ElementType::kFloat32, 0}};
}

// Against the float weights, as users have them. Rounding the weights to int8, as the direct convolution does, costs
// more.
TEST(Convolution, ByWinogradIsCloserToFloatWeightsThanInt8Is) {
  if (winograd_code() == nullptr) GTEST_SKIP() << "Winograd's integer convolutions are not used on this processor";
  for (const int channels : {64, 128, 256}) {
    for (const ComputeFormat in_format : {unsigned_format(4), signed_format(4)}) {
      const Case c{channels, 64, 3, 1, 1, 17, 30, false, false};
      const size_t row = static_cast<size_t>(channels) * 9;
      const ConvolutionWeights weights{normal_values(row * 64, 1, 5), std::vector<float>(64)};
      const ConvolutionSpec spec = winograd_spec(channels, 64, in_format);
      ASSERT_TRUE(suits_winograd(*winograd_code(), spec, c.height, c.width));
      ComputeContext context;
      const std::vector<float> values = normal_values(static_cast<size_t>(channels) * c.height * c.width, 1, 6);
      const Tensor in = from_nchw(context.arena(), in_format, channels, c.height, c.width, values.data());
      const auto found = to_nchw(context.convolve(Convolution(spec, [&] { return weights; }), in));
      std::vector<float> expected(found.size()), by_int8(found.size());
      reference(c, to_nchw(in), weights, expected);
      ConvolutionWeights rounded = weights;
      const QuantizedMatrix matrix = quantize_rows(weights.weights, 64);
      for (size_t i = 0; i < rounded.weights.size(); ++i) {
        rounded.weights[i] = static_cast<float>(matrix.values[i]) * matrix.scales[i / row];
      }
      reference(c, to_nchw(in), rounded, by_int8);
      EXPECT_GT(decibels(expected, found), 45) << channels << " channels";
      EXPECT_GT(decibels(expected, found), decibels(expected, by_int8)) << channels << " channels";
    }
  }
}

// The largest possible sum in each of the 36 places: windows of the bytes that add up most there, in all channels
// alike.
TEST(Convolution, ByWinogradDoesNotOverflow) {
  if (winograd_code() == nullptr) GTEST_SKIP() << "Winograd's integer convolutions are not used on this processor";
  constexpr int kAdds[6][6] = {{4, 0, -5, 0, 1, 0},  {0, -4, -4, 1, 1, 0}, {0, 4, -4, -1, 1, 0},
                               {0, -2, -1, 2, 1, 0}, {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}};
  const Case c{256, 32, 3, 1, 1, 52, 52, false, false};
  for (const ComputeFormat in_format : {unsigned_format(255), signed_format(127)}) {
    const float least = in_format.type == ElementType::kInt8 ? -127.0f : 0.0f, most = least < 0 ? 127.0f : 255.0f;
    std::vector<float> in(static_cast<size_t>(c.in_channels) * c.height * c.width);
    for (int place = 0; place < 36; ++place) {  // each in a tile of its own, whose window no other one's overlaps
      const int top = place / 6 * 8 + 3, left = place % 6 * 8 + 3;
      for (int i = 0; i < 36; ++i) {
        const bool adds = kAdds[place / 6][i / 6] * kAdds[place % 6][i % 6] > 0;
        for (int channel = 0; channel < c.in_channels; ++channel) {
          in[(static_cast<size_t>(channel) * c.height + top + i / 6) * c.width + left + i % 6] = adds ? most : least;
        }
      }
    }
    for (const float weight : {-1.0f, 1.0f}) {
      const ConvolutionWeights weights{std::vector<float>(static_cast<size_t>(32) * 256 * 9, weight),
                                       std::vector<float>(32)};
      const ConvolutionSpec spec = winograd_spec(c.in_channels, c.out_channels, in_format);
      ASSERT_TRUE(suits_winograd(*winograd_code(), spec, c.height, c.width));
      ComputeContext context;
      const Tensor input = from_nchw(context.arena(), in_format, c.in_channels, c.height, c.width, in.data());
      std::vector<float> expected(static_cast<size_t>(c.out_channels) * c.height * c.width);
      reference(c, in, weights, expected);
      const Convolution convolution(spec, [&] { return weights; });
      // Equal weights are rounded equally, which adds up to a hundredth; what overflows is off by the whole.
      EXPECT_LT(largest_difference(to_nchw(context.convolve(convolution, input)), expected), 0.03f);
    }
  }
}

// Against the float weights, as users have them: fully connected, strided, and with channels that fill no vector.
TEST(Convolution, WideWeightsAreAsGoodAsFloats) {
  if (wide_code() == nullptr || wide_code()->in_bytes) GTEST_SKIP() << "this processor multiplies bytes";
  for (const Case& c : {Case{12544, 40, 1, 1, 0, 1, 103, false, false}, Case{3, 64, 7, 2, 3, 33, 30, false, false},
                        Case{128, 24, 3, 2, 1, 9, 98, false, false}}) {
    for (const ComputeFormat in_format : {unsigned_format(4), signed_format(4)}) {
      const size_t row = static_cast<size_t>(c.in_channels) * c.kernel * c.kernel;
      const ConvolutionWeights weights{normal_values(row * c.out_channels, 1, 5), normal_values(c.out_channels, 20, 7)};
      const ConvolutionSpec spec{.in_channels = c.in_channels,
                                 .out_channels = c.out_channels,
                                 .kernel = c.kernel,
                                 .stride = c.stride,
                                 .padding = c.padding,
                                 .in = in_format,
                                 .out = {ElementType::kFloat32, 0}};
      ASSERT_TRUE(suits_wide(spec));
      ComputeContext context;
      const std::vector<float> values = normal_values(static_cast<size_t>(c.in_channels) * c.height * c.width, 1, 6);
      const Tensor in = from_nchw(context.arena(), in_format, c.in_channels, c.height, c.width, values.data());
      const auto found = to_nchw(context.convolve(Convolution(spec, [&] { return weights; }), in));
      std::vector<float> expected(found.size());
      reference(c, to_nchw(in), weights, expected);
      EXPECT_GT(decibels(expected, found), 65) << row << " weights";
    }
  }
}

TEST(Convolution, WideSumsDoNotOverflow) {
  if (wide_code() == nullptr) GTEST_SKIP() << "this processor multiplies bytes";
  const Case c{2048, 32, 1, 1, 0, 1, 7, false, false};
  for (const ComputeFormat in_format : {unsigned_format(255), signed_format(127)}) {
    for (const float weight : {-1.0f, 1.0f}) {
      const ConvolutionWeights weights{std::vector<float>(static_cast<size_t>(32) * 2048, weight),
                                       std::vector<float>(32)};
      const ConvolutionSpec spec{.in_channels = c.in_channels,
                                 .out_channels = c.out_channels,
                                 .in = in_format,
                                 .out = {ElementType::kFloat32, 0}};
      const std::vector<float> in(static_cast<size_t>(2048) * 7,
                                  in_format.type == ElementType::kInt8 ? -127.0f : 255.0f);
      ComputeContext context;
      const Tensor input = from_nchw(context.arena(), in_format, c.in_channels, c.height, c.width, in.data());
      std::vector<float> expected(static_cast<size_t>(32) * 7);
      reference(c, in, weights, expected);
      const Convolution convolution(spec, [&] { return weights; });
      EXPECT_LT(largest_difference(to_nchw(context.convolve(convolution, input)), expected), 1e-3f);
    }
  }
}

TEST(Convolution, PaddingChannelsOfABlockAreZero) {
  const ComputeFormat format = float32_format();
  if (format.block == 0) GTEST_SKIP() << "channels do not come in blocks on this processor";
  const ConvolutionSpec spec{.in_channels = 16, .out_channels = 15, .in = format, .out = format};
  const Convolution convolution(spec, [] {
    return ConvolutionWeights{std::vector<float>(15 * 16, 1), std::vector<float>(15, 1)};
  });
  ComputeContext context;
  const std::vector<float> in(16 * 4, 1.0f);
  const Tensor output = context.convolve(convolution, from_nchw(context.arena(), format, 16, 2, 2, in.data()));
  const float* last_block = output.block_plane<float>(output.blocks() - 1);
  for (int cell = 0; cell < 4; ++cell) EXPECT_EQ(last_block[cell * output.block() + 15 % output.block()], 0.0f);
}

TEST(ComputeContext, GivesTheSameBitsWhateverElseItHasComputed) {
  const ComputeFormat format = float32_format();
  const ConvolutionSpec spec{
      .in_channels = 32, .out_channels = 32, .kernel = 3, .padding = 1, .in = format, .out = format};
  const auto weights = random_values(32 * 32 * 9, 0.1f, 5);
  const Convolution convolution(spec, [&] { return ConvolutionWeights{weights, std::vector<float>(32, 0.5f)}; });
  const auto values = random_values(32 * 20 * 30, 1, 6);
  const auto run = [&](ComputeContext& context) {
    return to_nchw(context.convolve(convolution, from_nchw(context.arena(), format, 32, 20, 30, values.data())));
  };
  ComputeContext fresh, used(/*max_primitives=*/2);
  for (int size = 5; size < 15; ++size) {
    const Tensor other(used.arena(), format, 32, size, size);
    std::fill_n(other.as<float>(), other.count(), 1.0f);
    (void)used.convolve(convolution, other);
  }
  EXPECT_EQ(run(fresh), run(used));
}

}  // namespace
}  // namespace pretag
