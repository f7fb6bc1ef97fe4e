#include "pretag/util/flush_denormals.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace pretag {

namespace {

#if defined(__x86_64__)
// MXCSR's bits (Intel's manual, volume 1, section 10.2.3): what is computed, and what is given.
constexpr uint32_t kFlush = 1u << 15 | 1u << 6;
uint32_t control() { return _mm_getcsr(); }
void set_control(uint32_t bits) { _mm_setcsr(bits); }
#elif defined(__aarch64__)
// FPCR's bit FZ (Arm Architecture Reference Manual for A-profile, C5.2.8): both.
constexpr uint32_t kFlush = 1u << 24;
uint32_t control() {
  uint64_t bits = 0;
  __asm__ volatile("mrs %0, fpcr" : "=r"(bits));
  return static_cast<uint32_t>(bits);
}
void set_control(uint32_t bits) { __asm__ volatile("msr fpcr, %0" : : "r"(uint64_t{bits}) : "memory"); }
#else
constexpr uint32_t kFlush = 0;
uint32_t control() { return 0; }
void set_control(uint32_t) {}
#endif

}  // namespace

FlushDenormals::FlushDenormals() : before_(control()) { set_control(before_ | kFlush); }
FlushDenormals::~FlushDenormals() { set_control(before_); }
KeepDenormals::KeepDenormals() : before_(control()) { set_control(before_ & ~kFlush); }
KeepDenormals::~KeepDenormals() { set_control(before_); }

}  // namespace pretag
