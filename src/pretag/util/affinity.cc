#include "pretag/util/affinity.h"

#include <sched.h>

#include <algorithm>
#include <memory>

namespace pretag {
namespace {

// A set with room for cores 0 to capacity - 1; none of them is in it.
class CoreSet {
 public:
  explicit CoreSet(int capacity) : set_(CPU_ALLOC(capacity)), bytes_(CPU_ALLOC_SIZE(capacity)) {
    if (set_) CPU_ZERO_S(bytes_, set_.get());
  }
  explicit operator bool() const { return set_ != nullptr; }
  cpu_set_t* get() const { return set_.get(); }
  size_t bytes() const { return bytes_; }

 private:
  struct Free {
    void operator()(cpu_set_t* set) const { CPU_FREE(set); }
  };
  std::unique_ptr<cpu_set_t, Free> set_;
  size_t bytes_;
};

constexpr int kMostCores = 1 << 20;

}  // namespace

std::vector<int> allowed_cores() {
  // The kernel may know more processors than a set has room for; then it says EINVAL.
  for (int capacity = CPU_SETSIZE; capacity <= kMostCores; capacity *= 4) {
    const CoreSet set(capacity);
    if (!set) break;
    if (sched_getaffinity(0, set.bytes(), set.get()) != 0) continue;
    std::vector<int> cores;
    for (int core = 0; core < capacity; ++core) {
      if (CPU_ISSET_S(static_cast<size_t>(core), set.bytes(), set.get())) cores.push_back(core);
    }
    return cores;
  }
  return {};
}

bool allow_cores(const std::vector<int>& cores) {
  if (cores.empty()) return false;
  const auto [least, most] = std::ranges::minmax(cores);
  if (least < 0 || most >= kMostCores) return false;
  const CoreSet set(std::max(most + 1, CPU_SETSIZE));
  if (!set) return false;
  for (const int core : cores) CPU_SET_S(static_cast<size_t>(core), set.bytes(), set.get());
  return sched_setaffinity(0, set.bytes(), set.get()) == 0;
}

}  // namespace pretag
