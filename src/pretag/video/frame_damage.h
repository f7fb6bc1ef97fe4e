// Which frames of a video are damaged or missing, as far as they were decoded. Private to video/.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

namespace pretag {

enum class FrameState : uint8_t {
  kUnknown,
  kWhole,
  kDamaged,  // the decoder had to conceal something
  kMissing,  // the decoder gave frames before and after it
};

class FrameDamage {
 public:
  // What a decoder said of a frame. A decoder that has begun at a key frame may lack what one that runs through from
  // the file's beginning knows: what the latter says holds.
  void note(int64_t frame, FrameState state, bool ran_through);

  FrameState state_of(int64_t frame) const { return known_of(frame).state; }
  bool ran_through(int64_t frame) const { return known_of(frame).ran_through; }
  // The first from `first` to `last`, inclusive, that is damaged or missing.
  std::optional<int64_t> first_damaged(int64_t first, int64_t last) const;

 private:
  struct Known {
    FrameState state = FrameState::kUnknown;
    bool ran_through = false;
  };
  Known known_of(int64_t frame) const {
    const auto at = static_cast<size_t>(frame);
    return at < known_.size() ? known_[at] : Known{};
  }

  std::vector<Known> known_;  // by frame, up to the last that was noted
  std::set<int64_t> damaged_;
};

}  // namespace pretag
