// Watches the schedule while a job runs, and stops it when it was cancelled or has become somebody else's.
#pragma once

#include <atomic>
#include <thread>

#include "pretag/util/pause.h"
#include "pretag/worker/api_client.h"

namespace pretag {

class JobWatch {
 public:
  enum class Verdict {
    kOurs,
    kCancelled,  // the schedule lists it no longer
    kLost,       // open again, for the lease ran out; or deleted with its dataset
  };

  // Looks every `interval` seconds. Sets `cancel` as soon as the verdict is no longer kOurs or `stop` is set. A server
  // that does not answer changes nothing. Everything must outlive it.
  JobWatch(const ApiClient& api, const ScheduledRun& scheduled, double interval, const std::atomic<bool>& stop,
           std::atomic<bool>& cancel);
  ~JobWatch();
  JobWatch(const JobWatch&) = delete;
  JobWatch& operator=(const JobWatch&) = delete;

  Verdict verdict() const { return verdict_; }
  // Asks the schedule now.
  Verdict look();

 private:
  Result<Verdict> verdict_of_schedule() const;
  void watch(double interval);

  const ApiClient& api_;
  const ScheduledRun& scheduled_;
  const std::atomic<bool>& stop_;
  std::atomic<bool>& cancel_;
  std::atomic<bool> closing_ = false;
  std::atomic<Verdict> verdict_ = Verdict::kOurs;
  std::thread thread_;
};

}  // namespace pretag
