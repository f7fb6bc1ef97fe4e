// The two directions in which embeddings differ most, for a picture of them.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "pretag/report/embedding_rows.h"

namespace pretag {

// Principal component analysis (Pearson, "On lines and planes of closest fit to systems of points in space", 1901) by
// power iteration, the second component orthogonal to the first. The sign of a component is the one that makes its
// largest entry positive, so the same rows always give the same picture.
class PrincipalComponents {
 public:
  static constexpr int kComponents = 2;

  // `rows` may be few, all equal or none: components without any spread are zero.
  explicit PrincipalComponents(const EmbeddingRows& rows);

  // Coordinates of an embedding of the same length.
  std::array<double, kComponents> project(std::span<const float> embedding) const;
  // How much of the rows' variance each component explains, 0..1.
  const std::array<double, kComponents>& explained() const { return explained_; }

 private:
  std::vector<double> mean_;
  std::array<std::vector<double>, kComponents> axes_;
  std::array<double, kComponents> explained_ = {};
};

}  // namespace pretag
