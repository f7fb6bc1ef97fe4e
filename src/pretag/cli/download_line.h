// One line that shows how a download gets on.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>

namespace pretag {

// On a terminal the line is redrawn a few times a second; elsewhere nothing is shown until finish().
class DownloadLine {
 public:
  DownloadLine(std::ostream& out, bool interactive) : out_(out), interactive_(interactive) {}

  void update(uint64_t done, std::optional<uint64_t> total);
  // Ends the line, if there is one.
  void finish();

 private:
  std::ostream& out_;
  bool interactive_;
  uint64_t shown_at_ = 0;  // bytes
  bool begun_ = false;
};

}  // namespace pretag
