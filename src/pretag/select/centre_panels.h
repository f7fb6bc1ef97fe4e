// Many centres against many points at the speed of a matrix product: a filter that says which centres may be nearer to
// a point than what it has.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace pretag {

// |x - c|^2 < bound is written as x·c - h(c) > t(x, bound), with h = |c|^2 / 2 and t = (|x|^2 - bound) / 2. Both are
// shrunk by more than all rounding errors of the product and of squared_distance(), so no centre is missed; one that
// is wrongly let through costs an exact distance, nothing else.
class CentrePanels {
 public:
  static constexpr size_t kWidth = 16;  // centres in a panel
  static constexpr size_t kRows = 6;    // points at a time: 6 x 16 sums fit the registers of AVX2 and AVX-512

  explicit CentrePanels(size_t columns);

  void add(const float* centre);
  void clear();
  size_t size() const { return count_; }
  size_t panels() const { return panels_.size(); }
  // As it was added. Moves when centres are added.
  const float* centre(size_t index) const { return centres_.data() + index * columns_; }

  // t(x, bound); -infinity for an infinite bound, which lets every centre through. |x|^2 may be rounded to float32.
  float threshold(double squared_norm, float bound) const;

  // Bit c of masks[r]: centre panel * kWidth + c may be nearer to rows[r] than what thresholds[r] stands for.
  void filter(size_t panel, const std::array<const float*, kRows>& rows, const std::array<float, kRows>& thresholds,
              std::array<uint32_t, kRows>& masks) const;

 private:
  struct Free {
    void operator()(float* memory) const;
  };

  size_t columns_, count_ = 0;
  double slack_;                                        // relative error that everything is shrunk by
  std::vector<float> centres_;                          // count_ x columns_
  std::vector<std::unique_ptr<float[], Free>> panels_;  // each (1 + columns_) x kWidth: -h, then the columns
};

// |x|^2 in double precision.
double squared_norm(const float* row, size_t columns);

}  // namespace pretag
