#include "pretag/worker/memory_log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>
#include <fstream>
#include <utility>

#include "pretag/util/machine.h"
#include "pretag/util/pause.h"

namespace pretag {

MemoryLog::MemoryLog(std::string path, double interval) : path_(std::move(path)) {
  sample();
  thread_ = std::thread([this, interval] {
    const Pause pause = pause_until(closing_);
    while (pause(interval)) sample();
  });
}

MemoryLog::~MemoryLog() {
  closing_ = true;
  thread_.join();
}

void MemoryLog::sample() const {
  constexpr double kMiB = 1 << 20;
  const MachineInfo machine = probe_machine();
  std::ofstream(path_, std::ios::app) << fmt::format(
      "{:%Y-%m-%dT%H:%M:%SZ} resident {:.1f} MiB, available {:.1f} MiB of {:.1f} MiB\n",
      fmt::gmtime(std::time(nullptr)), static_cast<double>(machine.memory_used_by_us) / kMiB,
      static_cast<double>(machine.memory_usable()) / kMiB, static_cast<double>(machine.memory_total) / kMiB);
}

}  // namespace pretag
