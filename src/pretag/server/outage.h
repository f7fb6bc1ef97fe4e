// Whether the database was away for so long that workers could not be heard of. For this layer; thread-safe.
#pragma once

#include <atomic>
#include <cstdint>

namespace pretag {

class Outage {
 public:
  // One that is shorter than `shortest_ms` counts for nothing.
  Outage(int64_t shortest_ms, int64_t now_ms) : shortest_ms_(shortest_ms), wrote_at_(now_ms) {}

  // A request has. One among others that have written counts for nothing: workers at a job write every few seconds.
  void failed() { failed_ = true; }
  // A request has written. It ends no outage: leases are extended first.
  void wrote(int64_t now_ms) {
    if (!lasts(now_ms)) end(now_ms);
  }
  // Something has failed, and nothing was written for long. A server that nobody has asked for anything was not away.
  bool lasts(int64_t now_ms) const { return failed_ && now_ms - wrote_at_ > shortest_ms_; }
  void end(int64_t now_ms) {
    wrote_at_ = now_ms;
    failed_ = false;
  }

 private:
  const int64_t shortest_ms_;
  std::atomic<int64_t> wrote_at_;
  std::atomic<bool> failed_ = false;
};

}  // namespace pretag
