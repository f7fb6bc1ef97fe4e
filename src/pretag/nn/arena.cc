#include "pretag/nn/arena.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <new>

namespace pretag {
namespace {

void* reserve(size_t capacity) {
  return mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

}  // namespace

size_t arena_share(int arenas) {
  size_t share = kArenaBytes;
  for (const auto resource : {RLIMIT_AS, RLIMIT_DATA}) {
    rlimit limit{};
    if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) continue;
    share = std::min<size_t>(share, limit.rlim_cur / 2 / std::max(arenas, 1));
  }
  return share;
}

Arena::Arena(size_t capacity) : capacity_(capacity) {
  constexpr size_t kLeast = size_t{128} << 20;  // enough for int8 at the usual input sizes
  void* range = reserve(capacity_);
  while (range == MAP_FAILED && capacity_ / 2 >= kLeast) {
    capacity_ /= 2;
    range = reserve(capacity_);
  }
  if (range == MAP_FAILED) throw std::bad_alloc();
  madvise(range, capacity_, MADV_HUGEPAGE);  // fewer TLB misses; refused where the system has none, which is fine
  base_ = static_cast<std::byte*>(range);
}

Arena::~Arena() { munmap(base_, capacity_); }

void* Arena::allocate(size_t bytes) {
  constexpr size_t kAlignment = 64;
  bytes = (std::max<size_t>(bytes, 1) + kAlignment - 1) / kAlignment * kAlignment;
  size_t offset = 0;
  for (const auto& [used_offset, used_size] : used_) {
    if (used_offset - offset >= bytes) break;
    offset = used_offset + used_size;
  }
  if (capacity_ - offset < bytes) throw std::bad_alloc();
  used_[offset] = bytes;
  peak_ = std::max(peak_, offset + bytes);
  return base_ + offset;
}

void Arena::release(void* pointer) { used_.erase(static_cast<size_t>(static_cast<std::byte*>(pointer) - base_)); }

}  // namespace pretag
