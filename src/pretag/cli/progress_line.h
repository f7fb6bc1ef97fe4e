// The text of a progress display, apart from where and when it is shown.
#pragma once

#include <string>

#include "pretag/run/progress.h"
#include "pretag/util/rate.h"

namespace pretag {

// A stage as it is displayed.
struct StageView {
  std::string stage;
  Progress progress;
  double per_second = 0;    // of this run's own work; 0: not known yet
  double eta_seconds = -1;  // time left; negative: not known yet
};

// Turns progress into views: keeps the rate. Resumed work is in the counts, but not in the rate.
class StageMeter {
 public:
  StageMeter(std::string stage, const Progress& resumed, double now);
  void update(const Progress& progress, double now);
  // The rate decays while nothing is finished, so `now` counts too.
  StageView view(double now);

 private:
  std::string stage_;
  Progress progress_;
  Rate rate_;
};

// "Pretagging  [██████░░░░]  1,234/10,000  12.3 images/s  ETA 11 min 52 s  2 failed", at most `columns` wide: the bar
// shrinks first, then goes; then the line is cut.
std::string bar_line(const StageView& view, int columns, bool utf8);
// The same without a bar, for logs: "Pretagging: 1,234/10,000 (12 %), 12.3 images/s, ETA 11 min 52 s, 2 failed".
std::string plain_line(const StageView& view);
// {"event":"error","message":"photos: no images or videos found","exit_code":1}
std::string json_error_line(const std::string& message, int exit_code);
// {"event":"progress","stage":"Pretagging","done":1232,"failed":2,"total":10000,"images_per_second":12.3,"eta_seconds":712}
std::string json_line(const std::string& event, const StageView& view);

// 1234567 -> "1,234,567".
std::string with_thousands(int64_t number);

}  // namespace pretag
