// What earlier runs selected under one name: a run adds to it, and what is in it counts as selected already.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pretag/data/image_info.h"
#include "pretag/formats/embeddings_table.h"
#include "pretag/run/outputs.h"
#include "pretag/util/result.h"

namespace pretag {

// <shared folder>/datapool/<name>/datapool_latest.csv, an embeddings CSV, and its earlier states in history/; of the
// objects of a task the same below <name>/objects/<task>/, with the names of their crops. A run
// remembers the state it started from (data/datapool_before_<name>.csv), so that repeating the command selects the same
// again instead of adding more, and what it added (data/datapool_added_<name>.txt), which another selection in the same
// folder takes out again. One run at a time may update a pool.
class Datapool {
 public:
  // Of the images, or of the objects of `object_task` if it is not empty. kInvalidArgument for a name that is no plain
  // folder name.
  static Result<Datapool> open(FileSystem& files, const std::string& shared_folder, const std::string& name,
                               const std::string& object_task);

  // The pool as it was when this run came to it first; empty if it is new.
  Result<EmbeddingsTable> before(const RunOutputs& outputs);
  // Adds what `for_each` gives and the pool does not have, in place of what this run added before. Those whose names
  // the pool's format cannot hold. A crash may leave what the run added before in the pool, but loses nothing of
  // others.
  using Add = std::function<Status(const std::string& name, const Embedding& embedding)>;
  Result<std::vector<std::string>> add(const RunOutputs& outputs, const std::function<Status(const Add&)>& for_each,
                                       bool keep_history);

  const std::string& path() const { return latest_; }

 private:
  Datapool(FileSystem& files, std::string folder, std::string name)
      : files_(&files), folder_(std::move(folder)), latest_(folder_ + "/datapool_latest.csv"), name_(std::move(name)) {}

  FileSystem* files_;
  std::string folder_, latest_, name_;
};

}  // namespace pretag
