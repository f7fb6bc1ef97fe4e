#include "pretag/util/pause.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace pretag {

Pause pause_until(const std::atomic<bool>& stop) {
  return [&stop](double seconds) {
    constexpr double kSlice = 0.1;
    for (; seconds > 0 && !stop; seconds -= kSlice) {
      std::this_thread::sleep_for(std::chrono::duration<double>(std::min(seconds, kSlice)));
    }
    return !stop;
  };
}

}  // namespace pretag
