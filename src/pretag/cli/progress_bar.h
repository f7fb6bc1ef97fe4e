// Progress for the person, or the program, that started the run.
#pragma once

#include <iosfwd>
#include <memory>
#include <optional>
#include <string_view>

#include "pretag/cli/terminal.h"
#include "pretag/run/progress.h"
#include "pretag/util/clock.h"

namespace pretag {

enum class ProgressStyle {
  kAuto,   // a bar on an interactive terminal, else lines
  kBar,    // one line, redrawn at most ten times a second
  kLines,  // a line every ten seconds or five per cent: for log files
  kJson,   // one JSON object a line: events started, progress, finished, info, warning
  kQuiet,  // warnings only
};

// "auto", "bar", "lines", "json", "quiet".
std::optional<ProgressStyle> progress_style_named(std::string_view name);

// `out` and `clock` must outlive the sink. Clears its bar when it is destroyed in the middle of a stage.
std::unique_ptr<ProgressSink> make_progress(ProgressStyle style, Terminal terminal, std::ostream& out,
                                            const Clock& clock = steady_clock());

}  // namespace pretag
