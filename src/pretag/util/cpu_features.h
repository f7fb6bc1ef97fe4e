// What the processor can compute natively, as far as inference cares.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace pretag {

// An extension counts only if the operating system saves its registers too (XCR0), so that using it is safe.
struct CpuFeatures {
  std::string name;          // the brand string, e.g. "Intel(R) Xeon(R) Processor"; empty where it has none
  bool avx2 = false;         // with FMA
  bool avx_vnni = false;     // 8-bit dot products in AVX2's registers
  bool avx512 = false;       // F, BW, DQ and VL: oneDNN's avx512_core
  bool avx512_vnni = false;  // 8-bit dot products
  bool avx512_bf16 = false;  // bfloat16 dot products
  bool amx_int8 = false, amx_bf16 = false;  // matrix tiles
  bool neon = false;                        // 64-bit ARM's vectors
  bool neon_dot = false;                    // 8-bit dot products (FEAT_DotProd)

  bool operator==(const CpuFeatures&) const = default;
};

// This machine's. All false on processors other than x86-64 and 64-bit ARM.
CpuFeatures probe_cpu_features();

// It has instructions that multiply bytes and add the products: worth choosing for speed.
inline bool has_native_int8(const CpuFeatures& cpu) {
  return cpu.avx_vnni || cpu.avx512_vnni || cpu.amx_int8 || cpu.neon_dot;
}
// Integers are computed faster than float32, be it without such instructions.
inline bool has_fast_int8(const CpuFeatures& cpu) { return cpu.avx2 || cpu.neon; }
// bfloat16 products are computed by the processor rather than emulated: worth choosing for speed.
inline bool has_native_bf16(const CpuFeatures& cpu) { return cpu.avx512_bf16 || cpu.amx_bf16; }
// bfloat16 can be computed at all (oneDNN emulates it on plain AVX-512, at less than the speed of float32).
inline bool has_any_bf16(const CpuFeatures& cpu) { return cpu.avx512; }

// "AVX2", "AVX512", "AVX512_VNNI" … those that the processor has.
std::vector<std::string> feature_names(const CpuFeatures& cpu);

// The registers that CPUID and XGETBV answer with, for tests of decode_cpu_features.
struct CpuidAnswers {
  uint32_t leaf1_ecx = 0;
  uint32_t leaf7_ebx = 0, leaf7_ecx = 0, leaf7_edx = 0;
  uint32_t leaf7_1_eax = 0;  // leaf 7, sub-leaf 1
  uint64_t xcr0 = 0;
  std::array<char, 48> brand{};
};

// Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, CPUID; volume 1, chapter 13 for XCR0.
CpuFeatures decode_cpu_features(const CpuidAnswers& answers);

}  // namespace pretag
