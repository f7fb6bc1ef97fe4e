#include "pretag/cli/download_line.h"

#include <fmt/format.h>

#include <ostream>

#include "pretag/util/strings.h"

namespace pretag {

void DownloadLine::update(uint64_t done, std::optional<uint64_t> total) {
  constexpr uint64_t kStep = 1 << 20;  // often enough for the eye, rarely enough for a slow terminal
  const bool complete = total && done == *total;
  if (!interactive_ || (begun_ && done < shown_at_ + kStep && !complete)) return;
  begun_ = true;
  shown_at_ = done;
  out_ << '\r' << human_bytes(static_cast<double>(done));
  if (total && *total > 0) out_ << fmt::format(" of {} ({} %)", human_bytes(double(*total)), done * 100 / *total);
  out_ << "    " << std::flush;
}

void DownloadLine::finish() {
  if (begun_) out_ << std::endl;
}

}  // namespace pretag
