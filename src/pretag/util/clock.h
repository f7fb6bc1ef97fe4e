// Time as something that can be handed in, so that tests decide how fast it passes.
#pragma once

namespace pretag {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Seconds since some fixed moment; never goes backwards.
  virtual double seconds() const = 0;
};

// The machine's monotonic clock; a process-wide instance.
const Clock& steady_clock();

}  // namespace pretag
