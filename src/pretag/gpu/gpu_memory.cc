#include "pretag/gpu/gpu_memory.h"

#include <algorithm>

#include "pretag/gpu/programs.h"

namespace pretag {
namespace {

// Few different sizes, so that buffers fit again: multiples of an eighth of the power of two below.
size_t rounded_up(size_t bytes) {
  size_t step = 4096;
  while (step * 16 <= bytes) step *= 2;
  return (std::max<size_t>(bytes, 1) + step - 1) / step * step;
}

}  // namespace

GpuMemory::GpuMemory(std::shared_ptr<const Gpu> gpu) : gpu_(std::move(gpu)) {}

GpuMemory::~GpuMemory() {
  for (const auto& [bytes, memory] : spare_) clReleaseMemObject(memory);
}

GpuMemory::Buffer GpuMemory::allocate(size_t bytes) {
  const size_t wanted = rounded_up(bytes);
  Buffer buffer{nullptr, wanted};
  // The smallest that is large enough, if it is not far too large.
  if (const auto spare = spare_.lower_bound(wanted); spare != spare_.end() && spare->first <= 2 * wanted) {
    buffer = {spare->second, spare->first};
    spare_bytes_ -= buffer.bytes;
    spare_.erase(spare);
  } else {
    int error = CL_SUCCESS;
    buffer.memory = clCreateBuffer(gpu_->programs().context(), CL_MEM_READ_WRITE, wanted, nullptr, &error);
    if (error != CL_SUCCESS) throw_gpu_error("clCreateBuffer", error);
  }
  used_ += buffer.bytes;
  peak_ = std::max(peak_, used_);
  return buffer;
}

void GpuMemory::release(Buffer buffer) {
  used_ -= buffer.bytes;
  spare_bytes_ += buffer.bytes;
  spare_.emplace(buffer.bytes, buffer.memory);
}

void GpuMemory::trim() {
  // Sizes that differ leave spares that no longer fit: half as much again is what is put up with.
  const bool too_much = used_ + spare_bytes_ > peak_ + peak_ / 2;
  if (too_much) {
    for (const auto& [bytes, memory] : spare_) clReleaseMemObject(memory);
    spare_.clear();
    spare_bytes_ = 0;
  }
  peak_ = used_;
}

}  // namespace pretag
