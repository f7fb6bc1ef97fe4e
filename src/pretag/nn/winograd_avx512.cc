// AVX-512 without VNNI: two products of 16 bits are added in one instruction, and to a sum in another.
#include "pretag/nn/winograd_codes.h"

#if defined(__AVX512BW__)
#include <immintrin.h>

#include "pretag/nn/winograd_kernel.h"

namespace pretag {
namespace {

struct Avx512 : Vectors512 {
  static constexpr int kRows = 12;
  static Ints dot(const Ints& sum, int32_t pair, const Shorts& weights) {
    return sum + reinterpret_cast<Ints>(_mm512_madd_epi16(_mm512_set1_epi32(pair), reinterpret_cast<__m512i>(weights)));
  }
};
using Code = Winograd<Avx512>;

}  // namespace

const WinogradCode kWinogradAvx512 = {"winograd:avx512_core", Code::kOuts, Code::scratch_bytes, Code::convolve};

}  // namespace pretag
#endif
