#include "pretag/util/cpu_features.h"

#include <gmock/gmock.h>

#include <cstring>
#include <fstream>
#include <sstream>

namespace pretag {
namespace {

// A Sapphire Rapids: everything that we look for.
CpuidAnswers everything() {
  CpuidAnswers answers;
  answers.leaf1_ecx = 1u << 12 | 1u << 27 | 1u << 28;
  answers.leaf7_ebx = 1u << 5 | 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;
  answers.leaf7_ecx = 1u << 11;
  answers.leaf7_edx = 1u << 22 | 1u << 24 | 1u << 25;
  answers.leaf7_1_eax = 1u << 4 | 1u << 5;
  answers.xcr0 = 0x6 | 0xE0 | 0x60000;
  std::strcpy(answers.brand.data(), "  A Processor ");
  return answers;
}

TEST(CpuFeatures, NamesAllThatTheProcessorHas) {
  const CpuFeatures cpu = decode_cpu_features(everything());
  EXPECT_EQ(cpu.name, "A Processor");
  EXPECT_THAT(feature_names(cpu),
              testing::ElementsAre("AVX2", "AVX512", "AVX_VNNI", "AVX512_VNNI", "AVX512_BF16", "AMX_INT8", "AMX_BF16"));
  EXPECT_TRUE(has_native_bf16(cpu));
  EXPECT_TRUE(has_native_int8(cpu));
}

TEST(CpuFeatures, WithoutTilesSavedByTheSystemThereIsNoAmx) {
  CpuidAnswers answers = everything();
  answers.xcr0 = 0x6 | 0xE0;
  const CpuFeatures cpu = decode_cpu_features(answers);
  EXPECT_FALSE(cpu.amx_bf16 || cpu.amx_int8);
  EXPECT_TRUE(cpu.avx512_bf16);
}

TEST(CpuFeatures, WithoutZmmSavedByTheSystemThereIsOnlyWhatYmmDoes) {
  CpuidAnswers answers = everything();
  answers.xcr0 = 0x6;
  EXPECT_THAT(feature_names(decode_cpu_features(answers)), testing::ElementsAre("AVX2", "AVX_VNNI"));
}

TEST(CpuFeatures, Avx512NeedsAllFourPartsOfAvx512Core) {
  CpuidAnswers answers = everything();
  answers.leaf7_ebx &= ~(1u << 17);  // no DQ
  const CpuFeatures cpu = decode_cpu_features(answers);
  EXPECT_FALSE(cpu.avx512);
  EXPECT_FALSE(has_any_bf16(cpu));
}

TEST(CpuFeatures, PlainAvx512OnlyEmulatesBf16) {
  CpuidAnswers answers = everything();
  answers.leaf7_1_eax = 0;
  answers.leaf7_edx = 0;
  const CpuFeatures cpu = decode_cpu_features(answers);
  EXPECT_FALSE(has_native_bf16(cpu));
  EXPECT_TRUE(has_any_bf16(cpu));
}

TEST(CpuFeatures, AProcessorWithoutAvx512MayMultiplyBytes) {
  CpuidAnswers answers = everything();
  answers.xcr0 = 0x6;
  EXPECT_TRUE(has_native_int8(decode_cpu_features(answers)));
  answers.leaf7_1_eax = 0;
  EXPECT_FALSE(has_native_int8(decode_cpu_features(answers)));
}

TEST(CpuFeatures, AnEmptyAnswerMeansNothingIsThere) { EXPECT_EQ(decode_cpu_features({}), CpuFeatures{}); }

TEST(CpuFeatures, AgreesWithTheKernelAboutThisMachine) {
#if defined(__x86_64__)
  const std::string key = "flags";
#else
  const std::string key = "Features";
#endif
  std::ifstream file("/proc/cpuinfo");
  std::string line, flags;
  while (std::getline(file, line)) {
    if (line.starts_with(key)) flags = line + " ";
  }
  if (flags.empty()) GTEST_SKIP() << "no " << key << " in /proc/cpuinfo";  // as in an emulator
  const auto told = [&](const std::string& name) { return flags.find(" " + name + " ") != std::string::npos; };
  const CpuFeatures cpu = probe_cpu_features();
  EXPECT_EQ(cpu.avx2, told("avx2"));
  EXPECT_EQ(cpu.avx512, told("avx512bw"));
  EXPECT_EQ(cpu.avx_vnni, told("avx_vnni"));
  EXPECT_EQ(cpu.avx512_vnni, told("avx512_vnni"));
  EXPECT_EQ(cpu.avx512_bf16, told("avx512_bf16"));
  EXPECT_EQ(cpu.amx_bf16, told("amx_bf16"));
  EXPECT_EQ(cpu.neon, told("asimd"));
  EXPECT_EQ(cpu.neon_dot, told("asimddp"));
}

}  // namespace
}  // namespace pretag
