// AVX2: two products of 16 bits are added in one instruction, and to a sum in another.
#include "pretag/nn/winograd_codes.h"

#if defined(__AVX2__)
#include <immintrin.h>

#include "pretag/nn/winograd_kernel.h"

namespace pretag {
namespace {

struct Avx2 : Vectors256 {
  static constexpr int kRows = 6;
  static Ints dot(const Ints& sum, int32_t pair, const Shorts& weights) {
    return sum + reinterpret_cast<Ints>(_mm256_madd_epi16(_mm256_set1_epi32(pair), reinterpret_cast<__m256i>(weights)));
  }
};
using Code = Winograd<Avx2>;

}  // namespace

const WinogradCode kWinogradAvx2 = {"winograd:avx2", Code::kOuts, Code::scratch_bytes, Code::convolve};

}  // namespace pretag
#endif
