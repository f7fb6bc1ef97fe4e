#include "pretag/run/run_log.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>

#include "pretag/util/printable.h"

namespace pretag {
namespace {

class LoggedProgress : public ProgressSink {
 public:
  LoggedProgress(std::shared_ptr<spdlog::sinks::sink> file, ProgressSink& next)
      : logger_("run", std::move(file)), next_(next) {
    logger_.set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    logger_.flush_on(spdlog::level::info);
    logger_.set_error_handler([](const std::string&) {});  // a full disk must not stop the run here
  }

  void entered(RunStage stage) override { next_.entered(stage); }
  void started(const std::string& stage, const Progress& resumed) override {
    stage_ = stage;
    last_ = resumed;
    logger_.info("{}: {} images, {} of them done before", stage, resumed.total, resumed.processed());
    next_.started(stage, resumed);
  }
  void advanced(const Progress& progress) override {
    last_ = progress;
    next_.advanced(progress);
  }
  void finished() override {
    logger_.info("{}: {} done, {} failed", stage_, last_.done, last_.failed);
    next_.finished();
  }
  void info(const std::string& message) override {
    logger_.info(printable(message));
    next_.info(message);
  }
  void warning(const std::string& message) override {
    logger_.warn(printable(message));
    next_.warning(message);
  }

 private:
  spdlog::logger logger_;
  ProgressSink& next_;
  std::string stage_;
  Progress last_;
};

}  // namespace

Result<std::unique_ptr<ProgressSink>> log_progress(const std::string& path, ProgressSink& next) {
  try {
    auto file = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
    return std::unique_ptr<ProgressSink>(std::make_unique<LoggedProgress>(std::move(file), next));
  } catch (const spdlog::spdlog_ex& error) {
    return Error{ErrorCode::kIo, fmt::format("{}: cannot be written: {}", path, error.what())};
  }
}

}  // namespace pretag
