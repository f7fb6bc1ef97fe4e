// Farthest-first traversal as one writes it down, fast: what k_center() is measured against and checked with.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pretag/select/k_center.h"

namespace pretag {

// For each new centre all threads sweep their shares of the vectors: distance, running minimum, farthest. The kernel is
// lower_bounds() (AVX-512 where there is any); the sweep waits for memory, not for it. Can be stopped and gone on with.
class PlainKCenter {
 public:
  PlainKCenter(const MatrixView& vectors, int threads);

  // Chooses `count` more.
  void choose(size_t count);
  const std::vector<KCenterPick>& picks() const { return picks_; }

 private:
  const MatrixView vectors_;
  const size_t threads_;
  std::vector<float> nearest_;
  std::vector<KCenterPick> picks_;
};

// What the plain loop would choose in all those steps, at the cost of no more than the arithmetic: as the choice is
// already known, the vectors can be taken block by block, each past all centres. The first step at which the farthest
// sample or its distance is another one; picks.size() if they are all right.
size_t first_wrong_pick(const MatrixView& vectors, std::span<const KCenterPick> picks, int threads);

}  // namespace pretag
