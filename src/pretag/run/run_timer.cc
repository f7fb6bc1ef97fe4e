#include "pretag/run/run_timer.h"

#include <fmt/format.h>

#include <cstdlib>
#include <ctime>

#include "pretag/util/clock.h"

namespace pretag {
namespace {

constexpr char kWorkFact[] = "work_done";  // "<images> <seconds>"

}  // namespace

RunTimer::RunTimer() : started_unix_(std::time(nullptr)), last_(steady_clock().seconds()) {}

double RunTimer::lap(const std::string& stage) {
  const double now = steady_clock().seconds(), seconds = now - last_;
  stages_.push_back({stage, seconds});
  last_ = now;
  return seconds;
}

Status RunTimer::add_to(Ledger& ledger, int64_t images, double seconds) {
  work_seconds_ += seconds;
  PRETAG_ASSIGN(const WorkDone before, work_done(ledger));
  return set_work_done(ledger, {before.images + images, before.seconds + seconds});
}

double RunTimer::seconds_besides() const {
  double seconds = -work_seconds_;
  for (const StageTiming& stage : stages_) seconds += stage.seconds;
  return seconds;
}

Result<WorkDone> work_done(const Ledger& ledger) {
  PRETAG_ASSIGN(const auto text, ledger.fact(kWorkFact));
  if (!text) return WorkDone{};
  char* end = nullptr;
  WorkDone work;
  work.images = std::strtoll(text->c_str(), &end, 10);
  work.seconds = std::strtod(end, nullptr);
  return work;
}

Status set_work_done(Ledger& ledger, const WorkDone& work) {
  return ledger.set_fact(kWorkFact, fmt::format("{} {}", work.images, work.seconds));
}

}  // namespace pretag
