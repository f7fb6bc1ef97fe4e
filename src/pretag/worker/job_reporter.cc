#include "pretag/worker/job_reporter.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace pretag {
namespace {

constexpr size_t kMostLines = 5000, kLinesPerCall = 200;

int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

JobReporter::JobReporter(const ApiClient& api, std::string run_id) : api_(api), run_id_(std::move(run_id)) {
  current_state_ = "STARTED";
  thread_ = std::thread([this] { post(); });
}

JobReporter::~JobReporter() {
  {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    states_.clear();
    lines_.clear();
  }
  changed_.notify_all();
  thread_.join();
}

void JobReporter::state(const std::string& name, const std::string& message) {
  const std::scoped_lock lock(mutex_);
  current_state_ = name;
  if (!states_.empty() && states_.back().name == name) states_.pop_back();
  states_.push_back({name, message});
  changed_.notify_all();
}

void JobReporter::log(const std::string& level, const std::string& message) {
  const std::scoped_lock lock(mutex_);
  if (lines_.size() == kMostLines) lines_.pop_front();
  lines_.push_back({now_ms(), level, message, current_state_});
  changed_.notify_all();
}

Status JobReporter::flush() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !busy_ && states_.empty() && lines_.empty(); });
  return last_;
}

void JobReporter::post() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return closed_ || !states_.empty() || !lines_.empty(); });
    if (closed_) return;
    busy_ = true;
    if (!states_.empty()) {
      const State state = std::move(states_.front());
      states_.pop_front();
      lock.unlock();
      Status posted = api_.set_run_state(run_id_, state.name, state.message);
      lock.lock();
      last_ = std::move(posted);
    } else {
      const auto end = lines_.begin() + static_cast<std::ptrdiff_t>(std::min(lines_.size(), kLinesPerCall));
      const std::vector<LogLine> lines(lines_.begin(), end);
      lines_.erase(lines_.begin(), end);
      lock.unlock();
      (void)api_.add_logs(run_id_, lines);  // they are in log.txt as well
      lock.lock();
    }
    busy_ = false;
    changed_.notify_all();
  }
}

ReportedProgress::ReportedProgress(JobReporter& reporter, const RunConfig& config, bool needs_model, double interval,
                                   const Clock& clock)
    : reporter_(reporter),
      config_(config),
      needs_model_(needs_model),
      interval_(interval),
      clock_(clock),
      rate_(clock.seconds()) {}

void ReportedProgress::entered(RunStage stage) {
  state_ = api_state(stage, config_, needs_model_);
  reporter_.state(state_.name, state_.message);
}

void ReportedProgress::started(const std::string& stage, const Progress& resumed) {
  stage_ = stage;
  progress_ = resumed;
  rate_ = Rate(clock_.seconds());
  tell();
}

void ReportedProgress::advanced(const Progress& progress) {
  const double now = clock_.seconds();
  rate_.add(now, std::max<int64_t>(0, progress.processed() - progress_.processed()));
  progress_ = progress;
  if (now - told_at_ >= interval_) tell();
}

void ReportedProgress::finished() {
  tell();
  reporter_.log("INFO", progress_message(stage_, progress_, 0));
}

void ReportedProgress::tell() {
  told_at_ = clock_.seconds();
  reporter_.state(state_.name, progress_message(stage_, progress_, rate_.per_second()));
}

}  // namespace pretag
