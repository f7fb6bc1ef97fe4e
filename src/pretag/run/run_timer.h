// How long the stages of a run took, and how long its images over all parts of a resumed run.
#pragma once

#include <string>
#include <vector>

#include "pretag/report/report_model.h"
#include "pretag/store/ledger.h"
#include "pretag/util/result.h"

namespace pretag {

class RunTimer {
 public:
  RunTimer();

  // Ends a stage that began at the last call; returns its seconds.
  double lap(const std::string& stage);
  // Adds the work of this part, one of the stages, to what the ledger knows.
  Status add_to(Ledger& ledger, int64_t images, double seconds);
  // Of all other stages.
  double seconds_besides() const;

  const std::vector<StageTiming>& stages() const { return stages_; }
  int64_t started_unix() const { return started_unix_; }

 private:
  int64_t started_unix_;
  double last_;
  double work_seconds_ = 0;
  std::vector<StageTiming> stages_;
};

// Of all parts of a run that was resumed.
struct WorkDone {
  int64_t images = 0;
  double seconds = 0;
};
Result<WorkDone> work_done(const Ledger& ledger);
Status set_work_done(Ledger& ledger, const WorkDone& work);

}  // namespace pretag
