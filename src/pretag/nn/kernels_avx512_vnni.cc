// AVX-512 with VNNI: two products of 16 bits are added to a sum in one instruction.
#include "pretag/nn/kernel_codes.h"

#if defined(__AVX512VNNI__)
#include "pretag/nn/winograd_kernel.h"

namespace pretag {
namespace {

struct Avx512Vnni : Vectors512 {
  static constexpr int kRows = 12;
  static Ints dot(const Ints& sum, int32_t pair, const Shorts& weights) {
    return reinterpret_cast<Ints>(_mm512_dpwssd_epi32(reinterpret_cast<__m512i>(sum), _mm512_set1_epi32(pair),
                                                      reinterpret_cast<__m512i>(weights)));
  }
};
using ByWinograd = Winograd<Avx512Vnni>;

}  // namespace

const WinogradCode kWinogradAvx512Vnni = {"winograd:avx512_core_vnni", ByWinograd::kOuts, ByWinograd::scratch_bytes,
                                          ByWinograd::convolve};

}  // namespace pretag
#endif
