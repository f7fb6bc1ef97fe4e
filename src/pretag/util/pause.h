// Waiting that ends early when somebody asks to stop.
#pragma once

#include <atomic>
#include <functional>

namespace pretag {

// Waits so many seconds; false when there was a request to stop, then or before.
using Pause = std::function<bool(double seconds)>;

// Looks at `stop` ten times a second: a signal handler can set nothing better than a flag.
Pause pause_until(const std::atomic<bool>& stop);

}  // namespace pretag
