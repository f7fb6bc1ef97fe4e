// Watches the schedule while a job runs, and stops it when it was cancelled or has become somebody else's.
#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include "pretag/util/clock.h"
#include "pretag/util/pause.h"
#include "pretag/worker/api_client.h"

namespace pretag {

class JobWatch {
 public:
  enum class Verdict {
    kOurs,
    kCancelled,  // by its user, says the schedule
    kLost,       // open again, for the lease ran out; or deleted with its dataset
  };

  // Looks every `interval` seconds. Sets `cancel` as soon as the verdict is no longer kOurs or `stop` is set. A server
  // that does not answer changes nothing. Everything must outlive it.
  JobWatch(const ApiClient& api, const ScheduledRun& scheduled, double interval, const std::atomic<bool>& stop,
           std::atomic<bool>& cancel, const Clock& clock = steady_clock());
  ~JobWatch();
  JobWatch(const JobWatch&) = delete;
  JobWatch& operator=(const JobWatch&) = delete;

  // Asks the schedule now.
  Verdict look();
  // Whether the schedule could not be seen when it was asked last, or once for so long that the lease may have run out,
  // another worker have taken the job, and nothing have been noticed of it.
  bool has_lost_sight() const;

 private:
  Result<Verdict> verdict_of_schedule() const;
  void note_sight(bool seen, double asked_at);
  void watch(double interval);

  const ApiClient& api_;
  const ScheduledRun& scheduled_;
  const std::atomic<bool>& stop_;
  std::atomic<bool>& cancel_;
  const Clock& clock_;
  mutable std::mutex mutex_;  // of the next two
  std::optional<double> unseen_since_;
  bool was_unseen_for_long_ = false;
  std::atomic<bool> closing_ = false;
  std::atomic<Verdict> verdict_ = Verdict::kOurs;
  std::thread thread_;
};

}  // namespace pretag
