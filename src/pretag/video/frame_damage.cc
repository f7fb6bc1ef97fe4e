#include "pretag/video/frame_damage.h"

namespace pretag {

void FrameDamage::note(int64_t frame, FrameState state, bool ran_through) {
  if (this->ran_through(frame) && !ran_through) return;
  const auto at = static_cast<size_t>(frame);
  if (at >= known_.size()) known_.resize(at + 1);
  known_[at] = {state, ran_through};
  if (state == FrameState::kWhole) {
    damaged_.erase(frame);
  } else {
    damaged_.insert(frame);
  }
}

std::optional<int64_t> FrameDamage::first_damaged(int64_t first, int64_t last) const {
  const auto found = damaged_.lower_bound(first);
  if (found == damaged_.end() || *found > last) return std::nullopt;
  return *found;
}

}  // namespace pretag
