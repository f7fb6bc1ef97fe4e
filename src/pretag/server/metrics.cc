#include "pretag/server/metrics.h"

#include <fmt/format.h>

#include <algorithm>

namespace pretag {

void Metrics::count(std::string_view method, std::string_view route, int status, double seconds) {
  const auto bucket = static_cast<size_t>(std::ranges::lower_bound(kBounds, seconds) - kBounds.begin());
  const std::scoped_lock lock(mutex_);
  ++requests_[fmt::format("method=\"{}\",route=\"{}\",status=\"{}\"", method, route, status)];
  ++durations_[bucket];
  total_seconds_ += seconds;
}

std::string Metrics::text() const {
  const std::scoped_lock lock(mutex_);
  std::string text =
      "# HELP pretag_http_requests_total Requests that were answered.\n"
      "# TYPE pretag_http_requests_total counter\n";
  for (const auto& [labels, number] : requests_)
    text += fmt::format("pretag_http_requests_total{{{}}} {}\n", labels, number);
  text +=
      "# HELP pretag_http_request_duration_seconds From the request's header to its answer.\n"
      "# TYPE pretag_http_request_duration_seconds histogram\n";
  uint64_t cumulated = 0;
  for (size_t i = 0; i < kBounds.size(); ++i) {
    cumulated += durations_[i];
    text += fmt::format("pretag_http_request_duration_seconds_bucket{{le=\"{}\"}} {}\n", kBounds[i], cumulated);
  }
  cumulated += durations_.back();
  text += fmt::format("pretag_http_request_duration_seconds_bucket{{le=\"+Inf\"}} {}\n", cumulated);
  text += fmt::format("pretag_http_request_duration_seconds_sum {}\n", total_seconds_);
  text += fmt::format("pretag_http_request_duration_seconds_count {}\n", cumulated);
  text +=
      "# HELP pretag_http_requests_in_flight Requests being answered.\n"
      "# TYPE pretag_http_requests_in_flight gauge\n";
  text += fmt::format("pretag_http_requests_in_flight {}\n", in_flight_.load());
  return text;
}

}  // namespace pretag
