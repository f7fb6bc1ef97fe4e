#include "pretag/report/principal_components.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace pretag {
namespace {

using Vector = std::vector<double>;

double dot(const Vector& a, const Vector& b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }

// The direction is kept, the length becomes 1; returns the length it had. Zero stays zero.
double normalize(Vector& vector) {
  const double length = std::sqrt(dot(vector, vector));
  if (length > 0)
    for (double& value : vector) value /= length;
  return length;
}

void remove_part_along(Vector& vector, const Vector& axis) {
  const double along = dot(vector, axis);
  for (size_t i = 0; i < axis.size(); ++i) vector[i] -= along * axis[i];
}

double coordinate(std::span<const float> row, const Vector& mean, const Vector& axis) {
  double sum = 0;
  for (size_t i = 0; i < axis.size(); ++i) sum += (static_cast<double>(row[i]) - mean[i]) * axis[i];
  return sum;
}

// The rows' covariance (times their number) applied to `axis`, without ever making that matrix.
Vector apply_covariance(const EmbeddingRows& rows, const Vector& mean, const Vector& axis) {
  Vector result(axis.size());
  for (size_t r = 0; r < rows.size(); ++r) {
    const std::span<const float> row = rows.row(r);
    const double weight = coordinate(row, mean, axis);
    for (size_t i = 0; i < axis.size(); ++i) result[i] += weight * (static_cast<double>(row[i]) - mean[i]);
  }
  return result;
}

Vector mean_of(const EmbeddingRows& rows) {
  Vector mean(rows.dimension);
  for (size_t r = 0; r < rows.size(); ++r)
    for (size_t i = 0; i < mean.size(); ++i) mean[i] += static_cast<double>(rows.row(r)[i]);
  for (double& value : mean) value /= static_cast<double>(std::max<size_t>(rows.size(), 1));
  return mean;
}

double total_variance(const EmbeddingRows& rows, const Vector& mean) {
  double sum = 0;
  for (size_t r = 0; r < rows.size(); ++r)
    for (size_t i = 0; i < mean.size(); ++i) {
      const double difference = static_cast<double>(rows.row(r)[i]) - mean[i];
      sum += difference * difference;
    }
  return sum;
}

}  // namespace

PrincipalComponents::PrincipalComponents(const EmbeddingRows& rows) : mean_(mean_of(rows)) {
  constexpr int kMostSteps = 100;
  constexpr double kConverged = 1e-9, kNoise = 1e-12;
  const double total = total_variance(rows, mean_);
  for (size_t component = 0; component < kComponents; ++component) {
    Vector axis(rows.dimension);
    // Any start that is hardly orthogonal to what is looked for.
    for (size_t i = 0; i < axis.size(); ++i) axis[i] = 1 + std::sin(static_cast<double>(i + component + 1));
    double variance = 0;
    for (int step = 0; step < kMostSteps; ++step) {
      Vector next = apply_covariance(rows, mean_, axis);
      for (size_t before = 0; before < component; ++before) remove_part_along(next, axes_[before]);
      variance = normalize(next);
      const double turned = 1 - std::abs(dot(axis, next));
      axis = std::move(next);
      if (step > 0 && turned < kConverged) break;
    }
    if (!(variance > kNoise * (1 + total))) {
      std::ranges::fill(axis, 0.0);
      variance = 0;
    }
    const auto largest = std::ranges::max_element(axis, {}, [](double value) { return std::abs(value); });
    if (largest != axis.end() && *largest < 0)
      for (double& value : axis) value = -value;
    axes_[component] = std::move(axis);
    explained_[component] = total > 0 ? std::min(variance / total, 1.0) : 0;
  }
}

std::array<double, PrincipalComponents::kComponents> PrincipalComponents::project(
    std::span<const float> embedding) const {
  return {coordinate(embedding, mean_, axes_[0]), coordinate(embedding, mean_, axes_[1])};
}

}  // namespace pretag
