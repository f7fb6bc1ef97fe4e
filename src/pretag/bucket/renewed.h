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

// How long something is good for at the least when it is given out, in seconds: a clock may be a little wrong, and a
// request takes a while.
inline constexpr int64_t kGoodForARequest = 300;

// `T` has `expires`, unix seconds. Thread-safe; while it is fetched, all wait.
template <class T>
class Renewed {
 public:
  // It is to be good for `ahead` seconds, kGoodForARequest or more, whenever it is given out; what does not last as
  // long even when it is new is fetched every few minutes.
  explicit Renewed(UnixTime now, int64_t ahead = kGoodForARequest) : now_(std::move(now)), ahead_(ahead) {}

  // A known one, or what `look` finds. A try is not repeated for some seconds: meanwhile an old one that is still good
  // serves, else all are told of the same error. Errors are those of `look`, but kIo where there has been one before:
  // it will be found again, or so one hopes.
  Result<T> get(const std::function<Result<T>()>& look) {
    const std::lock_guard lock(mutex_);
    int64_t now = now_();
    if (known_ && now < serves_until()) return *known_;
    if (!known_ && error_ && now < tried_ + kPause) return *error_;
    auto found = look();
    now = now_();  // a try may last as long as a pause, and those who have waited for it are not to try in turn
    tried_ = now;
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
  static constexpr int64_t kPause = 10, kLongPause = 300;  // seconds from one try to the next

  // Of the known one. Where it is good for a request, there is no hurry; near its end there may be no newer one yet.
  int64_t serves_until() const {
    const int64_t expires = known_->expires;
    const int64_t without_hurry = std::min(std::max(expires - ahead_, tried_ + kLongPause), expires - kGoodForARequest);
    return std::max(without_hurry, std::min(expires, tried_ + kPause));
  }

  const UnixTime now_;
  const int64_t ahead_;
  std::mutex mutex_;  // of what follows
  std::optional<T> known_;
  std::optional<Error> error_;  // of the last try
  bool had_some_ = false;
  int64_t tried_ = 0;  // when the last try ended
};

}  // namespace pretag
