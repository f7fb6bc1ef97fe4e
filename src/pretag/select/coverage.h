// How far every sample is from the nearest selected one, computed as late as possible.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pretag/select/centre_panels.h"
#include "pretag/select/matrix.h"

namespace pretag {

// A distance to the nearest centre only ever falls while centres are added, so one that was right some centres ago is
// an upper bound now. Whoever looks for the farthest sample needs only the few highest bounds to be exact: this is
// where the bounds are kept, and where chosen ones are brought up to date in blocks (Minoux's accelerated greedy
// algorithm, 1978, with a matrix product inside).
//
// A sample with several vectors is as far away as the farthest of them; one without any has the distance 0. All
// distances are squared. One thread at a time; the vectors must outlive it. 12 bytes a vector, and the centres twice.
class Coverage {
 public:
  Coverage(const SampleVectors& vectors, int threads);

  const SampleVectors& vectors() const { return vectors_; }

  // The vectors of `sample` become centres.
  void select(uint32_t sample);
  size_t centres() const { return centres_.size(); }

  // At least the distance to the nearest centre; infinity as long as no centre was looked at.
  float bound(uint32_t sample) const;

  // Afterwards the bound of samples[i] is the distance, bit for bit that of squared_distance(), or less than
  // floors[i]. Each sample may occur once.
  void refresh(std::span<const uint32_t> samples, std::span<const float> floors);

  // The same for one vector (a row of vectors()); exact only if every centre was taken into account.
  float row_bound(uint32_t row) const { return bound_[row]; }
  bool row_is_exact(uint32_t row) const { return seen_[row] == centres_.size(); }
  // For who computed distances of a vector on his own; `exact` if to all centres.
  void set_row(uint32_t row, float bound, bool exact);

 private:
  struct Row {
    uint32_t index;
    float floor;
  };
  void refresh_rows(std::span<const Row> rows);
  void refresh_block(std::span<const Row> rows);

  const SampleVectors vectors_;
  const int threads_;
  CentrePanels centres_;
  std::vector<float> norms_;    // squared, of each row
  std::vector<float> bound_;    // of each row
  std::vector<uint32_t> seen_;  // how many centres it takes into account
};

}  // namespace pretag
