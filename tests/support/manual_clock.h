// A clock that stands still until the test moves it.
#pragma once

#include "pretag/util/clock.h"

namespace pretag {

class ManualClock : public Clock {
 public:
  double seconds() const override { return seconds_; }
  void advance(double seconds) { seconds_ += seconds; }

 private:
  double seconds_ = 0;
};

}  // namespace pretag
