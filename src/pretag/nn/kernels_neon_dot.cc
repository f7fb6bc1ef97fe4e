// NEON with dot products (Armv8.2-A's FEAT_DotProd): four products of bytes are added to each of four sums in one
// instruction.
#include "pretag/nn/kernel_codes.h"

#if defined(__ARM_FEATURE_DOTPROD)
#include "pretag/nn/wide_kernel.h"

namespace pretag {
namespace {

struct NeonDot : Vectors128 {
  static constexpr int kRows = 8;
};

struct ByteKernel : IntegerKernel<NeonDot> {
  using Number = int8_t;

  // Adds the products of inputs 4 * kFour to 4 * kFour + 3.
  template <int kFour>
  [[gnu::always_inline]] static void multiply_four(const int8x16_t* inputs, const int8_t* weights,
                                                   Ints sums[kRows][2]) {
    const int8_t* const four = weights + static_cast<ptrdiff_t>(kFour) * 4 * kOuts;
    const int8x16_t weights0 = vld1q_s8(four), weights1 = vld1q_s8(four + 4 * kLanes);
#pragma GCC unroll 8
    for (int row = 0; row < kRows; ++row) {
      const auto sum0 = reinterpret_cast<int32x4_t>(sums[row][0]), sum1 = reinterpret_cast<int32x4_t>(sums[row][1]);
      sums[row][0] = reinterpret_cast<Ints>(vdotq_laneq_s32(sum0, weights0, inputs[row], kFour));
      sums[row][1] = reinterpret_cast<Ints>(vdotq_laneq_s32(sum1, weights1, inputs[row], kFour));
    }
  }

  // Adds to `sums` kRows inputs, `stride` apart, times one block of output channels: (kRows, count) x (count, kOuts).
  // `count` is a multiple of 16.
  [[gnu::always_inline]] static void multiply_add(const int8_t* inputs, size_t stride, int count, const int8_t* weights,
                                                  Ints sums[kRows][2]) {
    constexpr int kAtOnce = 16;
    for (int c = 0; c < count; c += kAtOnce, weights += kAtOnce * kOuts) {
      int8x16_t some[kRows];
#pragma GCC unroll 8
      for (int row = 0; row < kRows; ++row) some[row] = vld1q_s8(inputs + row * stride + c);
      multiply_four<0>(some, weights, sums);
      multiply_four<1>(some, weights, sums);
      multiply_four<2>(some, weights, sums);
      multiply_four<3>(some, weights, sums);
    }
  }
};
using Widened = Wide<NeonDot, ByteKernel>;

}  // namespace

const WideCode kWideNeonDot = {"wide:neon_dot", Widened::kOuts, Widened::kInBytes, Widened::scratch_bytes,
                               Widened::convolve};

}  // namespace pretag
#endif
