// The pauses between the tries of something that may yet succeed.
#pragma once

#include "pretag/util/clock.h"
#include "pretag/util/pause.h"

namespace pretag {

// Pauses double from the first to the longest one; a server that names a time in Retry-After gets it.
struct RetryPolicy {
  double first_pause = 1, longest_pause = 30;  // seconds
  double give_up_after = 900;                  // seconds since the first try
};

// Of one thing; not thread-safe. What it is made of must outlive it.
class Backoff {
 public:
  Backoff(const RetryPolicy& policy, const Pause& pause, const Clock& clock);

  enum class Next { kTryAgain, kGiveUp, kStopped };
  // Waits, unless that would be for nothing. `asked` is for how many seconds the other side asks at least; 0: it does
  // not.
  Next wait(double asked = 0);

 private:
  const RetryPolicy& policy_;
  const Pause& pause_;
  const Clock& clock_;
  const double begin_;
  double pause_seconds_;
};

}  // namespace pretag
