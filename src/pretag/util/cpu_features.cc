#include "pretag/util/cpu_features.h"

#include <cstring>

#include "pretag/util/strings.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace pretag {
namespace {

constexpr bool bit(uint32_t word, int index) { return (word >> index & 1u) != 0; }

// The register sets that the operating system must save: XMM and YMM; opmask and ZMM; tile configuration and data.
constexpr uint64_t kXcr0Avx = 0x6, kXcr0Avx512 = 0xE0, kXcr0Amx = 0x60000;

#if defined(__x86_64__)
uint64_t read_xcr0() {
  uint32_t low = 0, high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return static_cast<uint64_t>(high) << 32 | low;
}

CpuidAnswers ask_processor() {
  CpuidAnswers answers;
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx)) answers.leaf1_ecx = ecx;
  if (bit(answers.leaf1_ecx, 27)) answers.xcr0 = read_xcr0();  // OSXSAVE: XGETBV may be used
  uint32_t subleaves = 0;
  if (__get_cpuid_count(7, 0, &subleaves, &ebx, &ecx, &edx)) {
    answers.leaf7_ebx = ebx, answers.leaf7_ecx = ecx, answers.leaf7_edx = edx;
    if (subleaves >= 1 && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx)) answers.leaf7_1_eax = eax;
  }
  for (uint32_t part = 0; part < 3; ++part) {
    std::array<uint32_t, 4> words{};
    if (!__get_cpuid(0x80000002 + part, &words[0], &words[1], &words[2], &words[3])) break;
    std::memcpy(answers.brand.data() + part * 16, words.data(), 16);
  }
  return answers;
}
#endif

}  // namespace

CpuFeatures decode_cpu_features(const CpuidAnswers& a) {
  const bool saves_avx = (a.xcr0 & kXcr0Avx) == kXcr0Avx;
  const bool saves_avx512 = saves_avx && (a.xcr0 & kXcr0Avx512) == kXcr0Avx512;
  const bool saves_amx = saves_avx512 && (a.xcr0 & kXcr0Amx) == kXcr0Amx;
  const bool fma = bit(a.leaf1_ecx, 12);
  const bool avx512_parts =
      bit(a.leaf7_ebx, 16) && bit(a.leaf7_ebx, 17) && bit(a.leaf7_ebx, 30) && bit(a.leaf7_ebx, 31);

  CpuFeatures cpu;
  cpu.name = trim(std::string_view(a.brand.data(), ::strnlen(a.brand.data(), a.brand.size())));
  cpu.avx2 = saves_avx && fma && bit(a.leaf7_ebx, 5);
  cpu.avx512 = saves_avx512 && avx512_parts;
  cpu.avx_vnni = cpu.avx2 && bit(a.leaf7_1_eax, 4);
  cpu.avx512_vnni = cpu.avx512 && bit(a.leaf7_ecx, 11);
  cpu.avx512_bf16 = cpu.avx512 && bit(a.leaf7_1_eax, 5);
  const bool tiles = cpu.avx512 && saves_amx && bit(a.leaf7_edx, 24);
  cpu.amx_int8 = tiles && bit(a.leaf7_edx, 25);
  cpu.amx_bf16 = tiles && bit(a.leaf7_edx, 22);
  return cpu;
}

CpuFeatures probe_cpu_features() {
#if defined(__x86_64__)
  return decode_cpu_features(ask_processor());
#elif defined(__aarch64__)
  const unsigned long capabilities = getauxval(AT_HWCAP);
  return {.name = "64-bit ARM processor",
          .neon = (capabilities & HWCAP_ASIMD) != 0,
          .neon_dot = (capabilities & HWCAP_ASIMDDP) != 0};
#else
  return {};
#endif
}

std::vector<std::string> feature_names(const CpuFeatures& cpu) {
  std::vector<std::string> names;
  if (cpu.avx2) names.emplace_back("AVX2");
  if (cpu.avx512) names.emplace_back("AVX512");
  if (cpu.avx_vnni) names.emplace_back("AVX_VNNI");
  if (cpu.avx512_vnni) names.emplace_back("AVX512_VNNI");
  if (cpu.avx512_bf16) names.emplace_back("AVX512_BF16");
  if (cpu.amx_int8) names.emplace_back("AMX_INT8");
  if (cpu.amx_bf16) names.emplace_back("AMX_BF16");
  if (cpu.neon) names.emplace_back("NEON");
  if (cpu.neon_dot) names.emplace_back("NEON_DOT");
  return names;
}

}  // namespace pretag
