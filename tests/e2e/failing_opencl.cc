// For LD_PRELOAD: an OpenCL that has no memory left after as many buffers as FAILING_OPENCL_AFTER says.
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <dlfcn.h>

#include <atomic>
#include <cstdlib>

extern "C" cl_mem clCreateBuffer(cl_context context, cl_mem_flags flags, size_t size, void* host, cl_int* error) {
  static const char* const after = std::getenv("FAILING_OPENCL_AFTER");
  static std::atomic<long> left = after != nullptr ? std::atol(after) : 0;
  if (left-- <= 0) {
    if (error != nullptr) *error = CL_MEM_OBJECT_ALLOCATION_FAILURE;
    return nullptr;
  }
  using Create = cl_mem (*)(cl_context, cl_mem_flags, size_t, void*, cl_int*);
  static const auto create = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "clCreateBuffer"));
  return create(context, flags, size, host, error);
}
