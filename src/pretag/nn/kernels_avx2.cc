// AVX2: two products of 16 bits are added in one instruction, and to a sum in another.
#include "pretag/nn/kernel_codes.h"

#if defined(__AVX2__)
#include "pretag/nn/wide_kernel.h"
#include "pretag/nn/winograd_kernel.h"

namespace pretag {
namespace {

struct Avx2 : Vectors256 {
  static constexpr int kRows = 6;
  static Ints dot(const Ints& sum, int32_t pair, const Shorts& weights) {
    return sum + reinterpret_cast<Ints>(_mm256_madd_epi16(_mm256_set1_epi32(pair), reinterpret_cast<__m256i>(weights)));
  }
};
using ByWinograd = Winograd<Avx2>;
using Widened = Wide<Avx2>;

}  // namespace

const WinogradCode kWinogradAvx2 = {"winograd:avx2", ByWinograd::kOuts, ByWinograd::scratch_bytes,
                                    ByWinograd::convolve};
const WideCode kWideAvx2 = {"wide:avx2", Widened::kOuts, Widened::kInBytes, Widened::scratch_bytes, Widened::convolve};

}  // namespace pretag
#endif
