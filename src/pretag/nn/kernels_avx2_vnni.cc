// AVX2 with VNNI (AVX-VNNI): two products of 16 bits are added to a sum in one instruction.
#include "pretag/nn/kernel_codes.h"

#if defined(__AVXVNNI__)
#include "pretag/nn/winograd_kernel.h"

namespace pretag {
namespace {

struct Avx2Vnni : Vectors256 {
  static constexpr int kRows = 6;
  static Ints dot(const Ints& sum, int32_t pair, const Shorts& weights) {
    return reinterpret_cast<Ints>(_mm256_dpwssd_avx_epi32(reinterpret_cast<__m256i>(sum), _mm256_set1_epi32(pair),
                                                          reinterpret_cast<__m256i>(weights)));
  }
};
using ByWinograd = Winograd<Avx2Vnni>;

}  // namespace

const WinogradCode kWinogradAvx2Vnni = {"winograd:avx2_vnni", ByWinograd::kOuts, ByWinograd::scratch_bytes,
                                        ByWinograd::convolve};

}  // namespace pretag
#endif
