// Counts what the server does, for Prometheus.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace pretag {

// Thread-safe.
class Metrics {
 public:
  // `route` is the pattern and not the path: few different ones.
  void count(std::string_view method, std::string_view route, int status, double seconds);
  void begin() { ++in_flight_; }
  void end() { --in_flight_; }

  // Prometheus' text format, version 0.0.4.
  std::string text() const;

 private:
  static constexpr std::array kBounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0};

  mutable std::mutex mutex_;
  std::map<std::string, uint64_t> requests_;              // by label set
  std::array<uint64_t, kBounds.size() + 1> durations_{};  // not cumulated; the last is above all bounds
  double total_seconds_ = 0;
  std::atomic<int64_t> in_flight_{0};
};

}  // namespace pretag
