#include "pretag/report/embedding_analysis.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>
#include <unordered_map>

#include "pretag/report/principal_components.h"
#include "pretag/report/quantile_sketch.h"
#include "pretag/report/random.h"
#include "pretag/report/umap.h"

namespace pretag {
namespace {

constexpr size_t kMostSampledImages = 10'000;
constexpr size_t kMostSampleBytes = size_t{32} << 20, kMostSelectedBytes = size_t{128} << 20;
constexpr size_t kComponentRows = 4'000;  // for the axes of the scatter
constexpr size_t kAllPairsRows = 2'000;   // all of them are compared with one another
constexpr double kCoverageWork = 2e9;     // multiplications: about a second
constexpr uint64_t kPairSeed = 0x5eed'0000'0001;

// Half of what fits: a sample holds up to twice its capacity.
size_t capacity(size_t most_rows, size_t most_bytes, size_t dimension) {
  return std::clamp<size_t>(most_bytes / (2 * dimension * sizeof(float)), 1, most_rows);
}

// Of pairs drawn by chance; of every pair, where there are no more.
std::vector<double> pair_distances(const EmbeddingRows& rows) {
  std::vector<double> distances;
  const size_t count = rows.size();
  if (count < 2) return distances;
  if (count * (count - 1) / 2 <= kDrawnPairs) {
    for (size_t i = 0; i < count; ++i)
      for (size_t j = i + 1; j < count; ++j) distances.push_back(distance_between(rows.row(i), rows.row(j)));
    return distances;
  }
  Random random(kPairSeed);
  while (distances.size() < kDrawnPairs) {
    const size_t i = random.below(count), j = random.below(count);
    if (i != j) distances.push_back(distance_between(rows.row(i), rows.row(j)));
  }
  return distances;
}

Histogram histogram_of(const std::vector<double>& distances, double high) {
  if (distances.empty()) return {};
  Histogram histogram{0, high, std::vector<int64_t>(kDistanceBins)};
  for (const double distance : distances) ++histogram.counts[histogram_bin(distance, 0, high, kDistanceBins)];
  return histogram;
}

// From each row to the nearest other one.
QuantileSketch nearest_others(const EmbeddingRows& rows) {
  std::vector<double> nearest(rows.size(), std::numeric_limits<double>::infinity());
  for (size_t i = 0; i < rows.size(); ++i)
    for (size_t j = i + 1; j < rows.size(); ++j) {
      const double distance = distance_between(rows.row(i), rows.row(j));
      nearest[i] = std::min(nearest[i], distance);
      nearest[j] = std::min(nearest[j], distance);
    }
  QuantileSketch sketch;
  for (const double distance : nearest) sketch.add(distance);
  return sketch;
}

// Appends the rows that are not there yet; returns the index of each of `more`.
std::vector<size_t> add_missing(EmbeddingRows& rows, const EmbeddingRows& more) {
  std::unordered_map<std::string_view, size_t> index_of;
  for (size_t i = 0; i < rows.size(); ++i) index_of.emplace(rows.filenames[i], i);
  std::vector<size_t> indices;
  std::vector<size_t> missing;
  for (size_t i = 0; i < more.size(); ++i) {
    const auto [place, is_new] = index_of.emplace(more.filenames[i], rows.size() + missing.size());
    if (is_new) missing.push_back(i);
    indices.push_back(place->second);
  }
  for (const size_t i : missing) rows.add(more.filenames[i], more.row(i));
  return indices;
}

bool is_chosen(ImageFate fate) { return fate == ImageFate::kSelected || fate == ImageFate::kPreselected; }

// `count` of the covered images, evenly spread by their distance.
std::vector<CoveredImage> spread_by_distance(std::vector<CoveredImage> covered, size_t count) {
  std::ranges::stable_sort(covered, {}, &CoveredImage::distance);
  if (covered.size() <= count) return covered;
  std::vector<CoveredImage> some;
  for (size_t i = 0; i < count; ++i) some.push_back(covered[count == 1 ? 0 : i * (covered.size() - 1) / (count - 1)]);
  return some;
}

}  // namespace

EmbeddingAnalysis::Samples::Samples(size_t dimension)
    : input(capacity(kMostSampledImages, kMostSampleBytes, dimension)),
      selected(capacity(SIZE_MAX, kMostSelectedBytes, dimension)),
      removed(capacity(kMostSampledImages, kMostSampleBytes, dimension)) {}

void EmbeddingAnalysis::add(const std::string& filename, std::span<const float> embedding, ImageFate fate) {
  if (embedding.empty() || (samples_ && embedding.size() != dimension_)) return;
  if (!std::ranges::all_of(embedding, [](float value) { return std::isfinite(value); })) return;
  if (!samples_) {
    dimension_ = embedding.size();
    samples_.emplace(dimension_);
  }
  ++images_;
  samples_->input.add(filename, embedding);
  if (is_chosen(fate)) samples_->selected.add(filename, embedding);
  if (fate == ImageFate::kRemoved) {
    ++removed_;
    samples_->removed.add(filename, embedding);
  }
  if (fate != ImageFate::kDuplicate) similar_.add(filename, embedding);
}

void EmbeddingAnalysis::measure_coverage(EmbeddingStatistics& statistics, size_t example_pairs) const {
  const EmbeddingRows& selected = samples_->selected.rows();
  if (selected.size() == 0 || samples_->removed.rows().size() == 0) return;
  const double work_a_query = static_cast<double>(selected.size() * dimension_);
  const EmbeddingRows queries =
      samples_->removed.rows().spread(static_cast<size_t>(std::max(kCoverageWork / work_a_query, 100.0)));
  QuantileSketch sketch;
  std::vector<CoveredImage> covered;
  for (size_t i = 0; i < queries.size(); ++i) {
    const NearestRow nearest = nearest_row(queries.row(i), selected);
    sketch.add(nearest.distance);
    covered.push_back({queries.filenames[i], selected.filenames[nearest.row], nearest.distance});
  }
  statistics.measured = static_cast<int64_t>(queries.size());
  statistics.removed = removed_;
  statistics.distance_to_selected = sketch.summary();
  statistics.examples = spread_by_distance(std::move(covered), example_pairs);
}

void EmbeddingAnalysis::place_points(EmbeddingStatistics& statistics, const FateOfImage& fate_of) const {
  const EmbeddingRows& input = samples_->input.rows();
  const PrincipalComponents components(input.spread(kComponentRows));
  statistics.explained = components.explained();

  // One map of both, so that a selected image lies where it does among all.
  EmbeddingRows rows = input.spread(kMostScatterPoints);
  const size_t of_input = rows.size();
  const std::vector<size_t> of_selected =
      add_missing(rows, samples_->selected.rows().spread(kMostSelectedScatterPoints));
  std::vector<PlanePoint> projected;
  for (size_t i = 0; i < rows.size(); ++i) projected.push_back(components.project(rows.row(i)));
  const std::vector<PlanePoint> mapped = umap(rows, projected);
  const auto point_of = [&](size_t i) {
    const ImageFate fate = fate_of(rows.filenames[i]);
    return ScatterPoint{.filename = rows.filenames[i],
                        .pca = projected[i],
                        .umap = mapped[i],
                        .selected = is_chosen(fate),
                        .preselected = fate == ImageFate::kPreselected};
  };
  for (size_t i = 0; i < of_input; ++i) statistics.input_points.push_back(point_of(i));
  for (const size_t i : of_selected) statistics.selected_points.push_back(point_of(i));
}

EmbeddingStatistics EmbeddingAnalysis::statistics(size_t example_pairs, const FateOfImage& fate_of) const {
  EmbeddingStatistics result;
  if (!samples_) return result;
  const EmbeddingRows &input = samples_->input.rows(), &selected = samples_->selected.rows();
  result.images = images_;
  result.dimension = static_cast<int64_t>(dimension_);
  result.sampled = static_cast<int64_t>(input.size());

  place_points(result, fate_of);

  const std::vector<double> before = pair_distances(input), after = pair_distances(selected.spread(kMostSampledImages));
  double farthest = 0.1;
  for (const auto* distances : {&before, &after})
    for (const double distance : *distances) farthest = std::max(farthest, distance);
  const double high = std::ceil(farthest * 10) / 10;
  result.input_distances = histogram_of(before, high);
  result.selected_distances = histogram_of(after, high);

  const QuantileSketch in_input = nearest_others(input.spread(kAllPairsRows));
  const QuantileSketch in_selected = nearest_others(selected.spread(kAllPairsRows));
  const double of_selected = in_selected.summary().count > 0 ? in_selected.useful_high() : 0;
  const double widest = std::max(in_input.useful_high(), of_selected);
  result.nearest_in_input = in_input.summary(0, widest);
  result.nearest_in_selected = in_selected.summary(0, widest);

  measure_coverage(result, example_pairs);
  SimilarPairs similar = similar_;
  // Copies are a matter of their own; their pairs would crowd out all others.
  EmbeddingRows distinct;
  const EmbeddingRows some = input.spread(kAllPairsRows);
  for (size_t i = 0; i < some.size(); ++i)
    if (fate_of(some.filenames[i]) != ImageFate::kDuplicate) distinct.add(some.filenames[i], some.row(i));
  similar.add_all_pairs_of(distinct);
  result.similar_pairs = similar.pairs();
  for (SimilarPair& pair : result.similar_pairs) {
    pair.first_selected = is_chosen(fate_of(pair.first));
    pair.second_selected = is_chosen(fate_of(pair.second));
  }
  return result;
}

}  // namespace pretag
