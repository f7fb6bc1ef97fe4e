// What became of the files of users' prediction tasks while a selection read them.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "pretag/util/result.h"

namespace pretag {

// A damaged file among a hundred thousand must not cost a run: it counts as if nothing was found in its image. It must
// not go unnoticed either, and a task whose files are all damaged would select by chance. Thread-safe.
class PredictionFiles {
 public:
  // A file may be told of again, as each strategy reads it.
  void usable(const std::string& task);
  void missing(const std::string& task, const std::string& path);
  void damaged(const std::string& task, const std::string& path, const std::string& reason);

  // kCorrupt names a task with damaged files, of which not one was usable.
  Status check() const;
  // On the tasks with damaged files, and on those of which no image has one, for people.
  std::vector<std::string> notes() const;

 private:
  struct Task {
    bool any_usable = false;
    std::string first_missing, first_damaged;  // the latter with the reason
    std::unordered_set<size_t> damaged;        // hashes of the paths
  };

  mutable std::mutex mutex_;
  std::map<std::string, Task> tasks_;
};

}  // namespace pretag
