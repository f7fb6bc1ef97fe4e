// From file names to results in the ledger: readers and decoders, detectors, one writer, joined by bounded queues.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pretag/data/run_config.h"
#include "pretag/run/progress.h"
#include "pretag/store/ledger.h"
#include "pretag/util/result.h"

namespace pretag {

class DetectorModel;
class Source;

// Of an image, the objects with the highest scores have embeddings, unless objects are to be selected. In a crowd, the
// others are mostly more of the same, and a million images should not take more room for this than for everything else.
inline constexpr size_t kMostObjectEmbeddings = 32;

// Boxes in an image that embeddings are wanted of. Called by many threads; an error ends the pass.
using RegionsOf = std::function<Result<std::vector<Box>>(const ImageInfo& image)>;

struct PipelineOptions {
  int detector_threads = 1;
  int reader_threads = 0;  // 0: as many as the detectors need to have something to do
  int64_t max_image_pixels = 0;
  size_t most_object_embeddings = kMostObjectEmbeddings;  // that are kept of an image
  RegionsOf regions_of = {};                              // empty: none
  std::string stage = "Pretagging";                       // for people
};

// Works through everything that is pending in the ledger. Without a model images are only decoded and measured.
// The calling thread is the writer; it alone uses `progress`. Returns early, with what was finished recorded, when
// `cancel` becomes true, or with an error that is not of one image: a source that is away, too little memory, a model
// that gives no numbers. The results do not depend on the number of threads.
Status process_pending(const Source& source, const std::shared_ptr<const DetectorModel>& model,
                       const PipelineOptions& options, Ledger& ledger, ProgressSink& progress,
                       const std::atomic<bool>& cancel);

}  // namespace pretag
