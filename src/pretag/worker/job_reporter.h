// Tells the server how a job is doing, without ever holding up the job.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "pretag/data/run_config.h"
#include "pretag/run/progress.h"
#include "pretag/util/clock.h"
#include "pretag/util/rate.h"
#include "pretag/util/result.h"
#include "pretag/worker/api_client.h"
#include "pretag/worker/run_states.h"

namespace pretag {

// Posts states and log lines in their order on a thread of its own. A state that nobody has seen yet is replaced by a
// newer message of the same state; with the server away, lines beyond some thousands are dropped, the oldest first.
// Thread-safe.
class JobReporter {
 public:
  // `api` must outlive it.
  JobReporter(const ApiClient& api, std::string run_id);
  // Waits for what is on its way; what is still queued is lost. flush() first.
  ~JobReporter();
  JobReporter(const JobReporter&) = delete;
  JobReporter& operator=(const JobReporter&) = delete;

  void state(const std::string& name, const std::string& message);
  void log(const std::string& level, const std::string& message);
  // Waits until everything was posted or given up; the error of the last state that could not be posted.
  Status flush();

 private:
  struct State {
    std::string name, message;
  };

  void post();

  const ApiClient& api_;
  std::string run_id_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<State> states_;
  std::deque<LogLine> lines_;
  std::string current_state_;
  Status last_;
  bool busy_ = false, closed_ = false;
  std::thread thread_;
};

// A run's progress as states of the API; its messages become log lines.
class ReportedProgress : public ProgressSink {
 public:
  // `reporter` and `clock` must outlive it. Progress is told at most every `interval` seconds.
  ReportedProgress(JobReporter& reporter, const RunConfig& config, bool needs_model, double interval,
                   const Clock& clock = steady_clock());

  void entered(RunStage stage) override;
  void started(const std::string& stage, const Progress& resumed) override;
  void advanced(const Progress& progress) override;
  void finished() override;
  void info(const std::string& message) override { reporter_.log("INFO", message); }
  void warning(const std::string& message) override { reporter_.log("WARNING", message); }

 private:
  void tell();

  JobReporter& reporter_;
  RunConfig config_;
  bool needs_model_;
  double interval_;
  const Clock& clock_;
  ApiState state_;
  std::string stage_;
  Progress progress_;
  Rate rate_;
  double told_at_ = 0;
};

}  // namespace pretag
