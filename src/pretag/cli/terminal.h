// What the output can show.
#pragma once

#include <functional>

namespace pretag {

struct Terminal {
  bool interactive = false;      // someone looks on, and lines can be redrawn
  bool colour = false;           // interactive, and NO_COLOR is not set (no-color.org)
  bool utf8 = false;             // by the locale; else ASCII only
  std::function<int()> columns;  // width at this moment; people resize windows. Never empty.
};

// Of a file descriptor (1: standard output, 2: standard error); reads the environment.
Terminal probe_terminal(int descriptor);

}  // namespace pretag
