// The memory that one detector computes in.
#pragma once

#include <cstddef>
#include <map>
#include <utility>

namespace pretag {

inline constexpr size_t kArenaBytes = size_t{16} << 30;

// What each of so many arenas of a process should reserve: kArenaBytes, but where address space is limited (ulimit -v,
// batch systems), its share of half of it: the first ones do not take what the others need, nor all of them what
// everything else does.
size_t arena_share(int arenas);

// First fit from the lowest address in one large reserved range of address space, of which the system backs only what
// is touched. So memory is as large as the largest image needed, and no larger after ten thousand shapes. Not
// thread-safe: each detector has its own.
class Arena {
 public:
  // Where so much is not to be had, half of that, and so on down to 128 MiB; throws std::bad_alloc if that cannot be
  // reserved either.
  explicit Arena(size_t capacity = kArenaBytes);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // 64-byte aligned, uninitialised. Throws std::bad_alloc when the capacity is used up.
  void* allocate(size_t bytes);
  void release(void* pointer);

  size_t peak() const { return peak_; }  // bytes, the highest address ever used

 private:
  std::byte* base_ = nullptr;
  size_t capacity_ = 0, peak_ = 0;
  std::map<size_t, size_t> used_;  // offset -> size
};

// An arena allocation with an owner.
class ArenaBuffer {
 public:
  ArenaBuffer() = default;
  ArenaBuffer(Arena& arena, size_t bytes) : arena_(&arena), data_(bytes > 0 ? arena.allocate(bytes) : nullptr) {}
  ArenaBuffer(ArenaBuffer&& other) noexcept : arena_(other.arena_), data_(other.data_) { other.data_ = nullptr; }
  ArenaBuffer& operator=(ArenaBuffer&& other) noexcept {
    std::swap(arena_, other.arena_);
    std::swap(data_, other.data_);
    return *this;
  }
  ~ArenaBuffer() {
    if (data_ != nullptr) arena_->release(data_);
  }

  void* data() const { return data_; }

 private:
  Arena* arena_ = nullptr;
  void* data_ = nullptr;
};

}  // namespace pretag
