#include "pretag/gpu/gpu_error.h"

#include <fmt/format.h>

#include "pretag/gpu/opencl.h"

namespace pretag {

void throw_gpu_error(const char* call, int code) {
  switch (code) {
    case CL_MEM_OBJECT_ALLOCATION_FAILURE:
    case CL_OUT_OF_RESOURCES:  // what NVIDIA's driver says of memory, and of much else
      throw GpuError(
          fmt::format("the GPU has no memory left, or has failed ({}: {}); a smaller num_threads needs less "
                      "memory",
                      call, code));
    case CL_INVALID_BUFFER_SIZE:
      throw GpuError(fmt::format(
          "the network needs more memory in one piece than the GPU hands out ({}: {}); accuracy=balanced or "
          "fast needs less",
          call, code));
    case CL_OUT_OF_HOST_MEMORY:
      throw GpuError(fmt::format("not enough memory for the GPU's driver ({})", call));
    case CL_DEVICE_NOT_AVAILABLE:
      throw GpuError(fmt::format("the GPU is not available ({})", call));
    default:
      throw GpuError(fmt::format("the GPU failed ({}: {}); see CL/cl.h for the number", call, code));
  }
}

}  // namespace pretag
