#include "pretag/util/flush_denormals.h"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <thread>

namespace pretag {
namespace {

constexpr float kSmallestNormal = std::numeric_limits<float>::min();
constexpr float kSmallest = std::numeric_limits<float>::denorm_min();

// Computed when the program runs, whatever the compiler knows.
float product(float a, float b) {
  volatile float first = a;
  return first * b;
}

#if defined(__x86_64__) || defined(__aarch64__)
bool computes_denormals() { return product(kSmallestNormal, 0.5f) != 0.0f; }
bool reads_denormals() { return product(kSmallest, 0x1p100f) != 0.0f; }

TEST(FlushDenormals, TinyNumbersAreZeroWhileItLives) {
  ASSERT_TRUE(computes_denormals() && reads_denormals());
  {
    const FlushDenormals flush;
    EXPECT_FALSE(computes_denormals());
    EXPECT_FALSE(reads_denormals());
    { const FlushDenormals again; }
    {
      const KeepDenormals as_they_are;
      EXPECT_TRUE(computes_denormals());
      EXPECT_TRUE(reads_denormals());
    }
    EXPECT_FALSE(computes_denormals());
    EXPECT_EQ(product(kSmallestNormal, 2.0f), 2 * kSmallestNormal);
  }
  EXPECT_TRUE(computes_denormals());
  EXPECT_TRUE(reads_denormals());
}
// A thread takes over the state of the one that starts it, so the other one starts first.
TEST(FlushDenormals, OtherThreadsKeepTheirs) {
  std::atomic<bool> flushing = false, other_computes = false;
  std::thread other([&] {
    flushing.wait(false);
    other_computes = computes_denormals();
  });
  const FlushDenormals flush;
  flushing = true;
  flushing.notify_one();
  other.join();
  EXPECT_TRUE(other_computes);
}
#endif

}  // namespace
}  // namespace pretag
