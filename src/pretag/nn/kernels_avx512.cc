// AVX-512 without VNNI: two products of 16 bits are added in one instruction, and to a sum in another.
#include "pretag/nn/kernel_codes.h"

#if defined(__AVX512BW__)
#include "pretag/nn/wide_kernel.h"
#include "pretag/nn/winograd_kernel.h"

namespace pretag {
namespace {

struct Avx512 : Vectors512 {
  static constexpr int kRows = 12;
  static Ints dot(const Ints& sum, int32_t pair, const Shorts& weights) {
    return sum + reinterpret_cast<Ints>(_mm512_madd_epi16(_mm512_set1_epi32(pair), reinterpret_cast<__m512i>(weights)));
  }
};
using ByWinograd = Winograd<Avx512>;
using Widened = Wide<Avx512>;

}  // namespace

const WinogradCode kWinogradAvx512 = {"winograd:avx512_core", ByWinograd::kOuts, ByWinograd::scratch_bytes,
                                      ByWinograd::convolve};
const WideCode kWideAvx512 = {"wide:avx512_core", Widened::kOuts, Widened::kInBytes, Widened::scratch_bytes,
                              Widened::convolve};

}  // namespace pretag
#endif
