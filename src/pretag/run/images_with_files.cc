#include "pretag/run/images_with_files.h"

#include <set>

namespace pretag {

Status for_each_with_files(const ForEachImage& for_each, const FilesOf& files_of, const std::string& folder,
                           ReadAhead& files, const VisitImage& visit) {
  if (!files.is_remote(folder)) return for_each(visit);
  constexpr size_t kBatch = 512, kMostObjects = 20'000;  // each may have an embedding
  std::vector<ImageResult> batch;
  size_t objects = 0;
  const auto visit_batch = [&]() -> Status {
    std::set<std::string> paths;
    for (const ImageResult& image : batch) {
      for (std::string& path : files_of(image.info.filename)) paths.insert(std::move(path));
    }
    files.fetch({paths.begin(), paths.end()});
    for (const ImageResult& image : batch) PRETAG_TRY(visit(image));
    batch.clear();
    objects = 0;
    return {};
  };
  PRETAG_TRY(for_each([&](const ImageResult& image) -> Status {
    batch.push_back(image);
    objects += image.detections.size() + image.regions.size();
    return batch.size() < kBatch && objects < kMostObjects ? Status() : visit_batch();
  }));
  return visit_batch();
}

}  // namespace pretag
