// The one way in which this layer uses threads: independent blocks of work.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace pretag {

// Calls work(block) once for each block below `blocks`, in any order, on up to `threads` threads, this one included.
// What a block computes must not depend on other blocks: then the result does not depend on the threads.
template <class Work>
void parallel_blocks(size_t blocks, int threads, const Work& work) {
  std::atomic<size_t> next{0};
  const auto work_off = [&] {
    for (size_t block; (block = next.fetch_add(1, std::memory_order_relaxed)) < blocks;) work(block);
  };
  const size_t helpers = std::min(blocks, static_cast<size_t>(std::max(threads, 1)));
  std::vector<std::jthread> pool;
  for (size_t i = 1; i < helpers; ++i) pool.emplace_back(work_off);
  work_off();
}

}  // namespace pretag
