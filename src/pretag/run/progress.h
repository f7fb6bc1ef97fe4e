// How a run tells the outside what it is doing: a terminal, JSON lines, a server, or nobody.
#pragma once

#include <cstdint>
#include <string>

namespace pretag {

// How far a stage is. Work of an earlier run that was resumed counts as done.
struct Progress {
  int64_t total = 0, done = 0, failed = 0;  // images; done and failed are apart

  int64_t processed() const { return done + failed; }
};

// The parts of a run, in their order; one that has nothing to do is not entered.
enum class RunStage { kLoadingModel, kListing, kLookingAtImages, kWritingPredictions, kSelecting, kReporting };

// Used from one thread. Calls come in the order started, advanced…, finished for each stage, messages at any time;
// none of them may fail or take long.
class ProgressSink {
 public:
  virtual ~ProgressSink() = default;

  // The run goes on to its next part.
  virtual void entered(RunStage) {}

  // `stage` is for people: "Pretagging". `resumed` is what stands before any work of this run.
  virtual void started(const std::string& stage, const Progress& resumed) = 0;
  // The state now, not the difference.
  virtual void advanced(const Progress& progress) = 0;
  virtual void finished() = 0;

  // One line without a line break.
  virtual void info(const std::string& message) = 0;
  virtual void warning(const std::string& message) = 0;
};

// Tells nobody.
class SilentProgress : public ProgressSink {
 public:
  void started(const std::string&, const Progress&) override {}
  void advanced(const Progress&) override {}
  void finished() override {}
  void info(const std::string&) override {}
  void warning(const std::string&) override {}
};

}  // namespace pretag
