#include "pretag/run/duplicates.h"

namespace pretag {

void DuplicateFinder::prefer(const ImageInfo& info) {
  if (!info.content_hash.empty()) kept_.try_emplace(info.content_hash, info.filename);
}

std::optional<std::string> DuplicateFinder::twin(const ImageInfo& info) {
  if (info.content_hash.empty()) return std::nullopt;
  const std::string& kept = kept_.try_emplace(info.content_hash, info.filename).first->second;
  return kept == info.filename ? std::nullopt : std::optional(kept);
}

Result<std::vector<DuplicatePair>> find_duplicates(const Ledger& ledger) {
  std::vector<DuplicatePair> duplicates;
  DuplicateFinder finder;
  PRETAG_TRY(ledger.for_each_result([&](const ImageResult& image) -> Status {
    if (const auto kept = finder.twin(image.info)) {
      duplicates.push_back({.filename = image.info.filename, .kept = *kept});
    }
    return {};
  }));
  return duplicates;
}

}  // namespace pretag
