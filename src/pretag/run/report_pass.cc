#include "pretag/run/report_pass.h"

#include <span>

#include "pretag/report/report_builder.h"
#include "pretag/report/report_files.h"
#include "pretag/run/object_crops.h"

namespace pretag {

size_t example_pairs_of(const RunConfig& config) { return static_cast<size_t>(config.n_example_images) / 2; }

Status write_run_report(const RunOutputs& outputs, const Ledger& ledger, const ReportPass& pass) {
  ReportBuilder builder(pass.classes, pass.model.score_threshold,
                        {.selection = pass.selection,
                         .duplicates = pass.duplicates ? &*pass.duplicates : nullptr,
                         .example_pairs = pass.example_pairs,
                         .video_timelines = pass.video_timelines});
  // Without pretagging the network may have run for the embeddings, and have seen objects that nobody asked for.
  const bool pretagged = !pass.classes.empty();
  PRETAG_TRY(ledger.for_each_result([&](const ImageResult& result) -> Status {
    const std::span<const Detection> detections = result.detections;
    builder.add(result.info, pretagged ? detections : detections.first(0), result.embedding);
    return {};
  }));
  PRETAG_TRY(ledger.for_each_failure([&](const ImageFailure& failure) -> Status {
    builder.add_failure(failure.filename, failure.reason);
    return {};
  }));
  ReportModel model = builder.model();
  model.job = pass.job;
  model.model = pass.model;
  if (pass.debug_images) {
    PRETAG_TRY(add_debug_images(model, builder.debug_choices(), pass.load));
    PRETAG_TRY(add_rare_classes(model, builder.rare_choices(), pass.load));
  }
  if (pass.example_pairs > 0) PRETAG_TRY(add_picture_map(model, pass.load));
  PRETAG_TRY(add_example_pairs(model, pass.load));
  if (pass.selection != nullptr && pass.selection->objects) {
    const ObjectSelection& objects = *pass.selection->objects;
    std::string opened;  // one image at a time
    Result<Image> image = Error{ErrorCode::kInternal, ""};
    PRETAG_TRY(add_crops(model, objects, [&](const SelectedObject& object) -> Result<Image> {
      if (opened != object.filename) image = pass.load(object.filename);
      opened = object.filename;
      return image ? crop_of(object, objects.padding, *image) : image;
    }));
  }
  return write_report(model, outputs.files, outputs.folder);
}

}  // namespace pretag
