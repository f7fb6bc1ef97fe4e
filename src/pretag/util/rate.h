// How fast work goes, smoothed: what a progress display and its estimate of the time left are made of.
#pragma once

#include <cstdint>

namespace pretag {

// An exponentially weighted mean of events per second: what happened `memory_seconds` ago weighs 1/e of what happens
// now. Right from the first event, without a slow start. Not thread-safe.
class Rate {
 public:
  explicit Rate(double now, double memory_seconds = 30) : memory_(memory_seconds), last_(now) {}

  // `events` more have happened since the last call. `now` never goes backwards.
  void add(double now, int64_t events);

  // 0 as long as no time has passed.
  double per_second() const { return time_ > 0 ? events_ / time_ : 0; }

 private:
  double memory_, last_;
  double events_ = 0, time_ = 0;  // both decay alike, so their ratio is the weighted mean
};

}  // namespace pretag
