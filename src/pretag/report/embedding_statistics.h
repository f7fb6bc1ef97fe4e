// How the images lie in the space of embeddings, and what a selection covers of it, in numbers.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "pretag/report/object_statistics.h"

namespace pretag {

struct ScatterPoint {
  std::string filename;
  std::array<double, 2> pca = {};   // principal components
  std::array<double, 2> umap = {};  // see umap.h; of input and selected points alike
  bool selected = false;            // now or earlier
  bool preselected = false;         // by an earlier selection
};

// Which of a point's two places: &ScatterPoint::pca or &ScatterPoint::umap.
using ScatterPlace = std::array<double, 2> ScatterPoint::*;

// Two images that look alike.
struct SimilarPair {
  std::string first, second;
  double distance = 0;  // > 0: equal ones are duplicates
  bool first_selected = false, second_selected = false;
};

// An image that was left out, with the selected one that is most like it.
struct CoveredImage {
  std::string removed, kept;
  double distance = 0;
};

// Distances are Euclidean between unit vectors: 0 to 2. Without a selection, or without embeddings, what is about them
// is empty.
struct EmbeddingStatistics {
  int64_t images = 0;     // that have an embedding
  int64_t dimension = 0;  // of the vectors
  int64_t sampled = 0;    // images that the sample of the input holds

  std::array<double, 2> explained = {};  // share of the variance along each principal component
  std::vector<ScatterPoint> input_points, selected_points;

  // Between pairs drawn by chance, always the same ones; all histograms of distances have the same edges.
  Histogram input_distances, selected_distances;
  // From each of `measured` images to the nearest selected one: of all that were left out (`removed`), or of a sample.
  int64_t measured = 0, removed = 0;
  NumericSummary distance_to_selected;
  // From each image of a sample to the nearest other one in it, of all images and of the selected ones.
  NumericSummary nearest_in_input, nearest_in_selected;
  std::vector<CoveredImage> examples;      // from the nearest to the farthest
  std::vector<SimilarPair> similar_pairs;  // the most similar first
};

}  // namespace pretag
