// Something that is good for a while, such as a token, and is fetched anew before it is not.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "pretag/util/result.h"

namespace pretag {

using UnixTime = std::function<int64_t()>;  // the time now, in seconds
int64_t unix_time_now();

// `T` has `expires`, unix seconds. Thread-safe; while it is fetched, all wait.
template <class T>
class Renewed {
 public:
  explicit Renewed(UnixTime now) : now_(std::move(now)) {}

  // A known one, or what `look` finds. After a try that failed, an old one that is still good serves for a moment.
  // Errors are those of `look`, but kIo where there has been one before: it will be found again, or so one hopes.
  Result<T> get(const std::function<Result<T>()>& look) {
    constexpr int64_t kAhead = 300;  // seconds; a clock may be a little wrong, and a request takes a while
    constexpr int64_t kPause = 10;
    const std::lock_guard lock(mutex_);
    const int64_t now = now_();
    if (known_ && now < std::max(known_->expires - kAhead, std::min(known_->expires, not_before_))) return *known_;
    auto found = look();
    if (found) {
      known_ = *found;
      had_some_ = true;
      return found;
    }
    not_before_ = now + kPause;
    if (known_ && now < known_->expires) return *known_;
    const bool may_come_back = had_some_ && found.error().code != ErrorCode::kCancelled;
    return may_come_back ? Error{ErrorCode::kIo, found.error().message} : found.error();
  }

  // It was refused although it should be good.
  void forget() {
    const std::lock_guard lock(mutex_);
    known_.reset();
  }

  int64_t now() const { return now_(); }

 private:
  const UnixTime now_;
  std::mutex mutex_;  // of what follows
  std::optional<T> known_;
  bool had_some_ = false;
  int64_t not_before_ = 0;  // after a try that failed
};

}  // namespace pretag
