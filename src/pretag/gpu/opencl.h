// OpenCL 1.2 for the sources of this layer: Khronos' C++ bindings, with exceptions.
#pragma once

#define CL_HPP_ENABLE_EXCEPTIONS
#define CL_HPP_MINIMUM_OPENCL_VERSION 120
#define CL_HPP_TARGET_OPENCL_VERSION 120
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/opencl.hpp>

#include "pretag/gpu/gpu_error.h"

namespace pretag {

// Runs `work`, and throws what OpenCL throws in it as a GpuError.
template <class Work>
decltype(auto) in_opencl(Work work) {
  try {
    return work();
  } catch (const cl::Error& error) {
    throw gpu_error(error.what(), error.err());
  }
}

}  // namespace pretag
