// Which pictures to show of the rarest classes.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "pretag/data/image_info.h"
#include "pretag/data/prediction.h"
#include "pretag/report/debug_choice.h"

namespace pretag {

struct RareChoice {
  std::string class_name;
  std::vector<DebugChoice> pictures;  // best score first, with the detections of this class alone
};

// Memory depends on the number of classes alone. Feed it every image in a fixed order. Not thread-safe.
class RareChooser {
 public:
  static constexpr size_t kMostClasses = 3, kPictures = 4;

  // `detections` are those that count: by falling score, at or above the score threshold.
  void add(const ImageInfo& info, std::span<const Detection> detections);

  // The rarest of the classes that were found, but never more than half of them: a class is rare beside others.
  std::vector<RareChoice> choose() const;

 private:
  struct ClassExamples {
    int64_t objects = 0;
    std::vector<DebugChoice> best;
  };
  std::map<std::string, ClassExamples> classes_;
};

}  // namespace pretag
