#include "pretag/util/flush_denormals.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace pretag {

#if defined(__x86_64__)
namespace {

// MXCSR's bits (Intel's manual, volume 1, section 10.2.3): what is computed, and what is given.
constexpr uint32_t kFlushToZero = 1u << 15, kDenormalsAreZero = 1u << 6;

}  // namespace

FlushDenormals::FlushDenormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ | kFlushToZero | kDenormalsAreZero); }
FlushDenormals::~FlushDenormals() { _mm_setcsr(before_); }
KeepDenormals::KeepDenormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ & ~(kFlushToZero | kDenormalsAreZero)); }
KeepDenormals::~KeepDenormals() { _mm_setcsr(before_); }
#else
FlushDenormals::FlushDenormals() = default;
FlushDenormals::~FlushDenormals() = default;
KeepDenormals::KeepDenormals() = default;
KeepDenormals::~KeepDenormals() = default;
#endif

}  // namespace pretag
