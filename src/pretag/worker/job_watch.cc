#include "pretag/worker/job_watch.h"

#include <algorithm>

namespace pretag {

JobWatch::JobWatch(const ApiClient& api, const ScheduledRun& scheduled, double interval, const std::atomic<bool>& stop,
                   std::atomic<bool>& cancel, const Clock& clock)
    : api_(api), scheduled_(scheduled), stop_(stop), cancel_(cancel), clock_(clock) {
  thread_ = std::thread([this, interval] { watch(interval); });
}

JobWatch::~JobWatch() {
  closing_ = true;
  thread_.join();
}

JobWatch::Verdict JobWatch::look() {
  const double asked_at = clock_.seconds();
  const auto verdict = verdict_of_schedule();
  const bool is_deleted = !verdict && verdict.error().code == ErrorCode::kNotFound;
  note_sight(verdict || is_deleted, asked_at);
  if (is_deleted || (verdict && *verdict != Verdict::kOurs)) {
    verdict_ = is_deleted ? Verdict::kLost : *verdict;
    cancel_ = true;
  }
  return verdict_;
}

bool JobWatch::has_lost_sight() const {
  const std::scoped_lock lock(mutex_);
  return unseen_since_ || was_unseen_for_long_;
}

void JobWatch::note_sight(bool seen, double asked_at) {
  constexpr double kLong = 30;  // seconds; leases are of some minutes
  const std::scoped_lock lock(mutex_);
  if (!seen) {
    unseen_since_ = std::min(unseen_since_.value_or(asked_at), asked_at);
    return;
  }
  if (unseen_since_ && clock_.seconds() - *unseen_since_ > kLong) was_unseen_for_long_ = true;
  unseen_since_.reset();
}

// kNotFound: the dataset was deleted, and the schedule with it.
Result<JobWatch::Verdict> JobWatch::verdict_of_schedule() const {
  PRETAG_ASSIGN(const auto runs, api_.scheduled_of_dataset(scheduled_.dataset_id));
  const auto ours = std::ranges::find(runs, scheduled_.id, &ScheduledRun::id);
  if (ours == runs.end()) {  // cancelled, or another worker has ended it while we were away
    PRETAG_ASSIGN(const auto cancelled, api_.scheduled_of_dataset(scheduled_.dataset_id, "CANCELED"));
    const bool is_cancelled = std::ranges::find(cancelled, scheduled_.id, &ScheduledRun::id) != cancelled.end();
    return is_cancelled ? Verdict::kCancelled : Verdict::kLost;
  }
  // The schedule does not say which worker holds a lock. Open again means that ours is gone; when it was taken by
  // another worker before we looked, the two write the same things to the same run, and nothing is there twice.
  return ours->state == "LOCKED" ? Verdict::kOurs : Verdict::kLost;
}

void JobWatch::watch(double interval) {
  // A worker that is to stop stops its job, but goes on looking until the job has ended.
  const Pause pause = pause_until(closing_);
  constexpr double kSlice = 0.2;
  double waited = 0;
  while (pause(kSlice)) {
    if (stop_) cancel_ = true;
    waited += kSlice;
    if (waited < interval) continue;
    waited = 0;
    look();
  }
}

}  // namespace pretag
