// What goes wrong on a device.
#pragma once

#include <stdexcept>

namespace pretag {

// The device or its driver failed: it has no memory left, or is gone. Says nothing about the image that was computed.
class GpuError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// `call` is the function of OpenCL, `code` what it returned.
[[noreturn]] void throw_gpu_error(const char* call, int code);

}  // namespace pretag
