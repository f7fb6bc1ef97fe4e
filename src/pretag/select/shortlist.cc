#include "pretag/select/shortlist.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "pretag/select/distance.h"

namespace pretag {

double DistanceKey::operator()(uint32_t sample, float squared_distance) const {
  if (static_cast<double>(squared_distance) < least_) return -std::numeric_limits<double>::infinity();
  if (fixed_.empty()) return squared_distance;
  // Infinite as long as nothing is selected: then the other objectives decide alone.
  if (std::isinf(squared_distance)) return fixed_[sample];
  const double distance = std::max(static_cast<double>(squared_distance), kLeastDistance * kLeastDistance);
  return fixed_[sample] + half_strength_ * std::log(distance);
}

float DistanceKey::floor(uint32_t sample, double key) const {
  double floor = key;
  if (!fixed_.empty()) {
    floor = std::exp((key - fixed_[sample]) / half_strength_) * (1 - 1e-5);  // rounding errors of exp and log
    if (floor <= kLeastDistance * kLeastDistance) floor = 0;
  }
  floor = std::max(floor, least_ * (1 - 1e-6));
  return static_cast<float>(std::min(floor, static_cast<double>(std::numeric_limits<float>::infinity())));
}

Shortlist::Shortlist(Coverage& coverage, const DistanceKey& key, double least_key, std::span<const uint32_t> samples)
    : coverage_(coverage), key_(key), least_key_(least_key), stride_((coverage.vectors().rows.columns + 15) / 16 * 16) {
  const SampleVectors& vectors = coverage.vectors();
  entries_.reserve(samples.size());
  rows_.reserve(samples.size() * stride_);
  for (const uint32_t sample : samples) {
    Entry entry{sample, static_cast<uint32_t>(bounds_.size()), 0, key_(sample, coverage.bound(sample))};
    for (uint32_t row = vectors.begin(sample); row < vectors.end(sample); ++row) {
      rows_.resize(rows_.size() + stride_);  // zeros at the end of a row change no distance
      std::copy_n(vectors.rows.row(row), vectors.rows.columns, rows_.end() - static_cast<ptrdiff_t>(stride_));
      bounds_.push_back(coverage.row_bound(row));
      exact_.push_back(coverage.row_is_exact(row) ? 1 : 0);
    }
    entry.end = static_cast<uint32_t>(bounds_.size());
    entries_.push_back(entry);
    if (entry.key > entries_[best_].key) best_ = entries_.size() - 1;
  }
}

float Shortlist::distance(const Entry& entry) const {
  float farthest = 0;
  for (uint32_t row = entry.begin; row < entry.end; ++row) farthest = std::max(farthest, bounds_[row]);
  return farthest;
}

Shortlist::Best Shortlist::best() const {
  const Entry& entry = entries_[best_];
  return {entry.sample, distance(entry), entry.key};
}

void Shortlist::take_best() {
  const Entry taken = entries_[best_];
  const std::vector<float> centres(rows_.begin() + static_cast<ptrdiff_t>(taken.begin * stride_),
                                   rows_.begin() + static_cast<ptrdiff_t>(taken.end * stride_));
  size_t kept = 0;
  best_ = 0;
  for (const Entry& old : entries_) {
    Entry entry = old;
    if (entry.sample == taken.sample) continue;
    for (size_t at = 0; at < centres.size(); at += stride_) {
      lower_bounds(rows_.data() + entry.begin * stride_, entry.end - entry.begin, stride_, stride_, centres.data() + at,
                   bounds_.data() + entry.begin);
    }
    entry.key = key_(entry.sample, distance(entry));
    if (entry.key < least_key_) {
      write_back(entry);
      continue;
    }
    entries_[kept] = entry;
    if (entry.key > entries_[best_].key) best_ = kept;
    ++kept;
  }
  entries_.resize(kept);
}

void Shortlist::write_back(const Entry& entry) {
  const uint32_t begin = coverage_.vectors().begin(entry.sample);
  for (uint32_t row = entry.begin; row < entry.end; ++row) {
    coverage_.set_row(begin + row - entry.begin, bounds_[row], exact_[row] != 0);
  }
}

void Shortlist::finish() {
  for (const Entry& entry : entries_) write_back(entry);
}

}  // namespace pretag
