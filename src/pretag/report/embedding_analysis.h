// Gathers embeddings, one image at a time, and finds out how they lie.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pretag/report/embedding_rows.h"
#include "pretag/report/embedding_statistics.h"
#include "pretag/report/similar_pairs.h"

namespace pretag {

inline constexpr size_t kMostScatterPoints = 2'000;          // of all images; selected ones come on top
inline constexpr size_t kMostSelectedScatterPoints = 1'000;  // likewise
inline constexpr size_t kDrawnPairs = 100'000;               // of the histograms of distances
inline constexpr size_t kDistanceBins = 40;
inline constexpr size_t kMostSimilarPairs = 20;

// What became of an image. Preselected: by an earlier selection, so that it counts as chosen. A duplicate is neither a
// loss nor worth showing beside its twin.
enum class ImageFate { kSelected, kPreselected, kRemoved, kDuplicate };

using FateOfImage = std::function<ImageFate(const std::string& filename)>;

// Works on samples, so that memory and time do not grow with the input: a few ten MiB, a few seconds. The exception
// are the selected images, which are all kept as long as they fit into 128 MiB, so that distances to the nearest of
// them are exact. Not thread-safe.
class EmbeddingAnalysis {
 public:
  // Images come in the order of their names: similar ones are looked for among neighbours and in a sample. An embedding
  // that is empty, of another length than the first one or not finite is passed over.
  void add(const std::string& filename, std::span<const float> embedding, ImageFate fate);

  // `example_pairs`: how many CoveredImages, from the nearest to the farthest. `fate_of` as it was with add().
  EmbeddingStatistics statistics(size_t example_pairs, const FateOfImage& fate_of) const;

 private:
  // Sized by the length of the embeddings, so made when the first one comes.
  struct Samples {
    explicit Samples(size_t dimension);
    EmbeddingSample input, selected, removed;
  };
  void place_points(EmbeddingStatistics& statistics, const FateOfImage& fate_of) const;
  void measure_coverage(EmbeddingStatistics& statistics, size_t example_pairs) const;

  int64_t images_ = 0, removed_ = 0;
  size_t dimension_ = 0;
  std::optional<Samples> samples_;
  SimilarPairs similar_{kMostSimilarPairs};
};

}  // namespace pretag
