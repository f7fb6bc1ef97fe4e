#include "pretag/util/backoff.h"

#include <algorithm>

namespace pretag {

Backoff::Backoff(const RetryPolicy& policy, const Pause& pause, const Clock& clock)
    : policy_(policy), pause_(pause), clock_(clock), begin_(clock.seconds()), pause_seconds_(policy.first_pause) {}

Backoff::Next Backoff::wait(double asked) {
  if (clock_.seconds() - begin_ >= policy_.give_up_after) return Next::kGiveUp;
  const double longest = std::max(pause_seconds_, policy_.longest_pause);
  if (!pause_(std::clamp(asked, pause_seconds_, longest))) return Next::kStopped;
  pause_seconds_ = std::min(2 * pause_seconds_, policy_.longest_pause);
  return Next::kTryAgain;
}

}  // namespace pretag
