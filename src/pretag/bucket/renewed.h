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

  // A known one, or what `look` finds. A try is not repeated for some seconds: meanwhile an old one that is still good
  // serves, else all are told of the same error. Errors are those of `look`, but kIo where there has been one before:
  // it will be found again, or so one hopes.
  Result<T> get(const std::function<Result<T>()>& look) {
    constexpr int64_t kAhead = 300;  // seconds; a clock may be a little wrong, and a request takes a while
    constexpr int64_t kPause = 10;
    const std::lock_guard lock(mutex_);
    int64_t now = now_();
    if (known_ && now < std::max(known_->expires - kAhead, std::min(known_->expires, not_before_))) return *known_;
    if (!known_ && error_ && now < not_before_) return *error_;
    auto found = look();
    now = now_();  // a try may last as long as a pause, and those who have waited for it are not to try in turn
    not_before_ = now + kPause;  // also of one that is to expire soon: there may be no newer one yet
    if (found) {
      known_ = *found;
      error_.reset();
      had_some_ = true;
      return found;
    }
    if (known_ && now < known_->expires) return *known_;
    known_.reset();
    const bool may_come_back = had_some_ && found.error().code != ErrorCode::kCancelled;
    error_ = may_come_back ? Error{ErrorCode::kIo, found.error().message} : found.error();
    return *error_;
  }

  // It was refused although it should be good.
  void forget() {
    const std::lock_guard lock(mutex_);
    known_.reset();
    error_.reset();
  }

  int64_t now() const { return now_(); }

 private:
  const UnixTime now_;
  std::mutex mutex_;  // of what follows
  std::optional<T> known_;
  std::optional<Error> error_;  // of the last try
  bool had_some_ = false;
  int64_t not_before_ = 0;  // after the last try
};

}  // namespace pretag
