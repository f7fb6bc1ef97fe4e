// What goes wrong on a device.
#pragma once

#include <stdexcept>
#include <string>

#include "pretag/util/result.h"

namespace pretag {

// Says nothing about the image that was computed. kDevice: the device or its driver has failed, has no memory left, or
// is gone; kUnsupported: it can never compute this network at this size.
class GpuError : public std::runtime_error {
 public:
  GpuError(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  Error error() const { return {code_, what()}; }

 private:
  ErrorCode code_;
};

// `call` is the function of OpenCL, `code` what it returned.
GpuError gpu_error(const char* call, int code);

}  // namespace pretag
