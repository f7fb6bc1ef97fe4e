#include "pretag/util/parallel.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace pretag {

Status for_each_index(size_t count, size_t threads, const std::function<Status(size_t)>& work) {
  std::atomic<size_t> next = 0;
  std::atomic<bool> failed = false;
  std::mutex mutex;
  Status outcome;
  const auto loop = [&] {
    for (size_t index = next++; index < count && !failed; index = next++) {
      const Status done = work(index);
      if (done) continue;
      const std::scoped_lock lock(mutex);
      if (!failed.exchange(true)) outcome = done;
    }
  };
  std::vector<std::jthread> helpers;
  for (size_t i = 1; i < std::min(threads, count); ++i) helpers.emplace_back(loop);
  loop();
  helpers.clear();
  return outcome;
}

}  // namespace pretag
