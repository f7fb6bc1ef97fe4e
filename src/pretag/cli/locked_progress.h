// A ProgressSink for several threads.
#pragma once

#include <mutex>
#include <string>

#include "pretag/run/progress.h"

namespace pretag {

// One call at a time reaches `sink`, which must outlive it: what waits for a network says so from a thread of its own.
class LockedProgress final : public ProgressSink {
 public:
  explicit LockedProgress(ProgressSink& sink) : sink_(sink) {}

  void entered(RunStage stage) override {
    const std::lock_guard lock(mutex_);
    sink_.entered(stage);
  }
  void started(const std::string& stage, const Progress& resumed) override {
    const std::lock_guard lock(mutex_);
    sink_.started(stage, resumed);
  }
  void advanced(const Progress& progress) override {
    const std::lock_guard lock(mutex_);
    sink_.advanced(progress);
  }
  void finished() override {
    const std::lock_guard lock(mutex_);
    sink_.finished();
  }
  void info(const std::string& message) override {
    const std::lock_guard lock(mutex_);
    sink_.info(message);
  }
  void warning(const std::string& message) override {
    const std::lock_guard lock(mutex_);
    sink_.warning(message);
  }

 private:
  ProgressSink& sink_;
  std::mutex mutex_;
};

}  // namespace pretag
