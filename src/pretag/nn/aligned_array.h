// Memory for vector instructions: aligned to 64 bytes, and not initialized.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace pretag {

struct FreeAligned {
  void operator()(void* memory) const { std::free(memory); }
};
template <class T>
using AlignedArray = std::unique_ptr<T[], FreeAligned>;

// Throws std::bad_alloc where there is no room.
template <class T>
AlignedArray<T> allocate_aligned(size_t count) {
  constexpr size_t kAlignment = 64;
  void* memory = std::aligned_alloc(kAlignment, (count * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment);
  if (memory == nullptr) throw std::bad_alloc();
  return AlignedArray<T>(static_cast<T*>(memory));
}

}  // namespace pretag
