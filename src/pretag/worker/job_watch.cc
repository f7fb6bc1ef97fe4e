#include "pretag/worker/job_watch.h"

#include <algorithm>

namespace pretag {

JobWatch::JobWatch(const ApiClient& api, const ScheduledRun& scheduled, double interval, const std::atomic<bool>& stop,
                   std::atomic<bool>& cancel)
    : api_(api), scheduled_(scheduled), stop_(stop), cancel_(cancel) {
  thread_ = std::thread([this, interval] { watch(interval); });
}

JobWatch::~JobWatch() {
  closing_ = true;
  thread_.join();
}

JobWatch::Verdict JobWatch::look() {
  const auto runs = api_.scheduled_of_dataset(scheduled_.dataset_id);
  if (!runs) return verdict_;
  const auto ours = std::ranges::find(*runs, scheduled_.id, &ScheduledRun::id);
  Verdict verdict = Verdict::kOurs;
  if (ours == runs->end()) {  // cancelled, or another worker has ended it while we were away
    const auto cancelled = api_.scheduled_of_dataset(scheduled_.dataset_id, "CANCELED");
    if (!cancelled) return verdict_;
    const bool is_cancelled = std::ranges::find(*cancelled, scheduled_.id, &ScheduledRun::id) != cancelled->end();
    verdict = is_cancelled ? Verdict::kCancelled : Verdict::kLost;
  }
  // The schedule does not say which worker holds a lock. Open again means that ours is gone; when it was taken by
  // another worker before we looked, the two write the same things to the same run, and nothing is there twice.
  if (ours != runs->end() && ours->state != "LOCKED") verdict = Verdict::kLost;
  if (verdict != Verdict::kOurs) {
    verdict_ = verdict;
    cancel_ = true;
  }
  return verdict_;
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
