#include "pretag/gpu/gpu_error.h"

#include <fmt/format.h>

#include "pretag/gpu/opencl.h"

namespace pretag {

GpuError gpu_error(const char* call, int code) {
  const auto failed = [&](const char* what) {
    return GpuError(ErrorCode::kDevice, fmt::format("{} ({}: {})", what, call, code));
  };
  switch (code) {
    case CL_INVALID_BUFFER_SIZE:
      return {ErrorCode::kUnsupported,
              fmt::format("the network needs more memory in one piece than the GPU hands out ({}: {}); "
                          "accuracy=balanced or fast needs less",
                          call, code)};
    case CL_MEM_OBJECT_ALLOCATION_FAILURE:
    case CL_OUT_OF_RESOURCES:  // what NVIDIA's driver says of memory, and of much else
      return failed("the GPU has no memory left, or has failed; a smaller num_threads needs less memory");
    case CL_OUT_OF_HOST_MEMORY:
      return failed("the GPU's driver has no memory left");
    case CL_DEVICE_NOT_AVAILABLE:
      return failed("the GPU is not available: somebody else may have it for themselves");
    default:
      return failed("the GPU has failed; CL/cl.h explains the number");
  }
}

}  // namespace pretag
