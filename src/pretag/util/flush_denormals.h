// Arithmetic in which tiny numbers are zero.
#pragma once

#include <cstdint>

namespace pretag {

// While it lives, the calling thread treats denormal floats, those below 1.2e-38, as zero, and makes none. Many
// processors take a hundred times as long for an operation on one, and a network whose activations fade away makes them
// by the million. Ends on the thread that it began on; may be nested. Does nothing on processors other than x86-64 and
// 64-bit ARM.
class FlushDenormals {
 public:
  FlushDenormals();
  ~FlushDenormals();
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  uint32_t before_ = 0;  // the thread's control register
};

// The contrary, within: every float is what it is.
class KeepDenormals {
 public:
  KeepDenormals();
  ~KeepDenormals();
  KeepDenormals(const KeepDenormals&) = delete;
  KeepDenormals& operator=(const KeepDenormals&) = delete;

 private:
  uint32_t before_ = 0;
};

}  // namespace pretag
