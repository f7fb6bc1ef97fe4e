// NEON, which every 64-bit ARM has: four products of 16 bits are added to as many sums in one instruction.
#include "pretag/nn/kernel_codes.h"

#if defined(__aarch64__)
#include "pretag/nn/wide_kernel.h"
#include "pretag/nn/winograd_kernel.h"

namespace pretag {
namespace {

struct Neon : Vectors128 {
  static constexpr int kRows = 6;
  // The weights' order is the same for all rows, for which the compiler sorts them once.
  static Ints dot(const Ints& sum, int32_t pair, const Shorts& weights) {
    const auto all = reinterpret_cast<int16x8_t>(weights);
    const int16x4_t first = vget_low_s16(vuzp1q_s16(all, all)), second = vget_low_s16(vuzp2q_s16(all, all));
    const int16x4_t inputs = vcreate_s16(static_cast<uint32_t>(pair));
    const int32x4_t with_first = vmlal_lane_s16(reinterpret_cast<int32x4_t>(sum), first, inputs, 0);
    return reinterpret_cast<Ints>(vmlal_lane_s16(with_first, second, inputs, 1));
  }
};
using ByWinograd = Winograd<Neon>;
using Widened = Wide<Neon>;

}  // namespace

const WinogradCode kWinogradNeon = {"winograd:neon", ByWinograd::kOuts, ByWinograd::scratch_bytes,
                                    ByWinograd::convolve};
const WideCode kWideNeon = {"wide:neon", Widened::kOuts, Widened::kInBytes, Widened::scratch_bytes, Widened::convolve};

}  // namespace pretag
#endif
