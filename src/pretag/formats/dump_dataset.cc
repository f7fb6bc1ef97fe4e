#include "pretag/formats/dump_dataset.h"

#include <algorithm>

#include "pretag/formats/pretagging_dump.h"

namespace pretag {

Result<Notes> write_dump(const DatasetView& dataset, const ExportTarget& target) {
  PRETAG_TRY(target.files.stream_atomically(target.path, [&](const FileSystem::Sink& sink) -> Status {
    PretaggingDumpWriter writer(sink, 0);
    PRETAG_TRY(writer.begin());
    PRETAG_TRY(dataset.for_each([&](const Prediction& image) { return writer.add(image); }));
    return writer.end();
  }));
  return Notes();
}

Result<Dataset> read_dump(const ImportSource& source) {
  PRETAG_ASSIGN(const std::string text, read_text_file(source.files, source.path, kMaxDocumentBytes));
  Dataset dataset;
  PRETAG_TRY(read_pretagging_dump(text, [&](const PretaggingDumpEntry& entry) -> Status {
    const ImageSize* size = find_size(source.sizes, entry.filename);
    PRETAG_TRY(require_size(entry.filename, size == nullptr ? 0 : size->width, size == nullptr ? 0 : size->height));
    for (const Detection& detection : entry.relative_detections) {
      PRETAG_TRY(add_class(dataset.classes, detection.label));
    }
    dataset.images.push_back(to_pixels(entry, size->width, size->height));
    return {};
  }));
  std::ranges::sort(dataset.classes);
  PRETAG_TRY(finish_dataset(dataset, source.sizes));
  return dataset;
}

}  // namespace pretag
