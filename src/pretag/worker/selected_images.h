// The images of a run that become samples.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "pretag/data/selection.h"
#include "pretag/store/ledger.h"
#include "pretag/util/result.h"
#include "pretag/worker/upload_tools.h"

namespace pretag {

class SelectedImages {
 public:
  // What the selection in the run folder says, or all images where nothing was selected. Those whose names have line
  // breaks are left out, with a warning in the run's log. `tools` and `ledger` must outlive it.
  static Result<SelectedImages> read(const UploadTools& tools, const Ledger& ledger, const std::string& run_folder,
                                     bool has_selection);

  const std::unordered_set<std::string>& names() const { return names_; }
  // Where objects were selected.
  const std::optional<ObjectSelection>& objects() const { return objects_; }

  using Also = std::function<bool(const std::string& filename)>;
  // Calls `visit` for batches of so many of them, and of what the run has seen besides and `also` says yes to, in order
  // of their names, and tells how far it is. kCancelled.
  Status for_each_batch(const std::string& what, size_t size, const Also& also,
                        const std::function<Status(const std::vector<ImageResult>&)>& visit) const;

 private:
  SelectedImages(const UploadTools& tools, const Ledger& ledger) : tools_(tools), ledger_(ledger) {}
  void add(const std::string& filename);

  const UploadTools& tools_;
  const Ledger& ledger_;
  std::unordered_set<std::string> names_;
  std::optional<ObjectSelection> objects_;
};

}  // namespace pretag
