#include "pretag/gpu/gpu_memory.h"

#include <algorithm>

#include "pretag/gpu/programs.h"

namespace pretag {
namespace {

// Few different sizes, so that buffers fit again: multiples of an eighth of the power of two below. But no more than a
// device hands out in one piece, if that is enough.
size_t rounded_up(size_t bytes, size_t largest) {
  size_t step = 4096;
  while (step * 16 <= bytes) step *= 2;
  const size_t rounded = (std::max<size_t>(bytes, 1) + step - 1) / step * step;
  return rounded <= largest ? rounded : std::max(bytes, largest);
}

}  // namespace

GpuMemory::GpuMemory(std::shared_ptr<const Gpu> gpu, std::function<void()> wait)
    : gpu_(std::move(gpu)), wait_(std::move(wait)) {}

GpuMemory::~GpuMemory() { give_back_spares(); }

void GpuMemory::give_back_spares() {
  for (const auto& [bytes, memory] : spare_) clReleaseMemObject(memory);
  spare_.clear();
  spare_bytes_ = 0;
}

GpuMemory::Buffer GpuMemory::allocate(size_t bytes) {
  const size_t wanted = rounded_up(bytes, gpu_->programs().largest_buffer);
  Buffer buffer{nullptr, wanted};
  // The smallest that is large enough, if it is not far too large.
  if (const auto spare = spare_.lower_bound(wanted); spare != spare_.end() && spare->first <= 2 * wanted) {
    buffer = {spare->second, spare->first};
    spare_bytes_ -= buffer.bytes;
    spare_.erase(spare);
  } else {
    const Gpu::Programs& programs = gpu_->programs();
    int error = CL_SUCCESS;
    const auto create = [&] {
      buffer.memory = clCreateBuffer(programs.context(), CL_MEM_READ_WRITE, wanted, nullptr, &error);
    };
    create();
    if (error != CL_SUCCESS && !spare_.empty()) {  // memory that others want must not lie idle
      wait_();
      give_back_spares();
      create();
    }
    if (error != CL_SUCCESS) throw gpu_error("clCreateBuffer", error);
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
  if (too_much) give_back_spares();
  peak_ = used_;
}

}  // namespace pretag
