// The device memory of one GpuContext, and the feature maps in it.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>

struct _cl_mem;  // OpenCL's own name of a buffer; NOLINT(bugprone-reserved-identifier)

namespace pretag {

class Gpu;

// Hands out buffers and takes them back; those that come back are handed out again. The device works off its queue in
// order, so a buffer may be written anew while what last read it is still to come. Not thread-safe.
class GpuMemory {
 public:
  // `wait` returns when the device has done all that uses these buffers.
  GpuMemory(std::shared_ptr<const Gpu> gpu, std::function<void()> wait);
  ~GpuMemory();
  GpuMemory(const GpuMemory&) = delete;
  GpuMemory& operator=(const GpuMemory&) = delete;

  struct Buffer {
    _cl_mem* memory = nullptr;
    size_t bytes = 0;
  };
  // At least so many bytes, uninitialised; zero bytes are one. Throws GpuError.
  Buffer allocate(size_t bytes);
  void release(Buffer buffer);
  // Gives back what is not in use and was not lately: between two images, so that memory follows the sizes of images
  // instead of growing with how many there are.
  void trim();

  size_t held() const { return used_ + spare_bytes_; }  // bytes of the device

 private:
  void give_back_spares();

  std::shared_ptr<const Gpu> gpu_;
  std::function<void()> wait_;
  std::multimap<size_t, _cl_mem*> spare_;         // by size
  size_t used_ = 0, peak_ = 0, spare_bytes_ = 0;  // peak_: of what was used since the last trim
};

// A feature map of one image: channels x height x width, planar float32. Move-only; gives its memory back when it dies,
// which must be before the memory does.
class GpuMap {
 public:
  GpuMap() = default;
  GpuMap(GpuMemory& memory, int channels, int height, int width)
      : channels_(channels),
        height_(height),
        width_(width),
        memory_(&memory),
        buffer_(memory.allocate(count() * sizeof(float))) {}
  GpuMap(GpuMap&& other) noexcept { swap(other); }
  GpuMap& operator=(GpuMap&& other) noexcept {
    swap(other);
    return *this;
  }
  ~GpuMap() {
    if (memory_ != nullptr) memory_->release(buffer_);
  }

  int channels() const { return channels_; }
  int height() const { return height_; }
  int width() const { return width_; }
  size_t cells() const { return static_cast<size_t>(height_) * width_; }  // of a channel
  size_t count() const { return cells() * channels_; }
  _cl_mem* buffer() const { return buffer_.memory; }

 private:
  void swap(GpuMap& other) noexcept {
    std::swap(channels_, other.channels_);
    std::swap(height_, other.height_);
    std::swap(width_, other.width_);
    std::swap(memory_, other.memory_);
    std::swap(buffer_, other.buffer_);
  }

  int channels_ = 0, height_ = 0, width_ = 0;
  GpuMemory* memory_ = nullptr;
  GpuMemory::Buffer buffer_;
};

}  // namespace pretag
