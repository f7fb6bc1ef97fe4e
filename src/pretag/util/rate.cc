#include "pretag/util/rate.h"

#include <cmath>

namespace pretag {

void Rate::add(double now, int64_t events) {
  const double decay = std::exp((last_ - now) / memory_);
  last_ = now;
  time_ = time_ * decay + memory_ * (1 - decay);
  events_ = events_ * decay + static_cast<double>(events);
}

}  // namespace pretag
