// A feature map of one image in arena memory.
#pragma once

#include "pretag/nn/arena.h"
#include "pretag/nn/compute_format.h"

namespace pretag {

// Move-only; gives its memory back when it dies. Channels are padded up to whole blocks; the padding is zero after a
// convolution. Element (c, y, x): see ComputeFormat.
class Tensor {
 public:
  Tensor() = default;
  Tensor(Arena& arena, ComputeFormat format, int channels, int height, int width);

  int channels() const { return channels_; }
  int height() const { return height_; }
  int width() const { return width_; }
  ComputeFormat format() const { return format_; }
  // Says what the elements mean from now on; their size and block must stay.
  void reinterpret_as(ComputeFormat format);
  ElementType type() const { return format_.type; }
  int block() const { return format_.block_of(channels_); }
  int blocks() const { return (channels_ + block() - 1) / block(); }
  size_t plane() const { return static_cast<size_t>(height_) * width_ * block(); }  // elements of one channel block
  size_t count() const { return plane() * blocks(); }                               // elements, padding included
  void* data() const { return buffer_.data(); }

  template <class T>
  T* as() const {
    return static_cast<T*>(data());
  }
  // The start of channel block `index`.
  template <class T>
  T* block_plane(int index) const {
    return as<T>() + plane() * index;
  }

 private:
  ComputeFormat format_;
  int channels_ = 0, height_ = 0, width_ = 0;
  ArenaBuffer buffer_;
};

}  // namespace pretag
