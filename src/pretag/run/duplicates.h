// Images with the same pixels.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "pretag/data/image_info.h"
#include "pretag/data/selection.h"
#include "pretag/store/ledger.h"
#include "pretag/util/result.h"

namespace pretag {

// Knows which of several images with the same pixels is kept: the first, unless one was preferred.
class DuplicateFinder {
 public:
  void prefer(const ImageInfo& info);
  // The other image that is kept for this one, or nothing if this is it.
  std::optional<std::string> twin(const ImageInfo& info);

 private:
  std::unordered_map<std::string, std::string> kept_;  // by content hash
};

// Images with the same pixels as an earlier one, in byte order of the names.
Result<std::vector<DuplicatePair>> find_duplicates(const Ledger& ledger);

}  // namespace pretag
