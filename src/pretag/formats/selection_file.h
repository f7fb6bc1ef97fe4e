// data/selection.json: what a run selected, and why. docs/formats/selection.md.
#pragma once

#include <string>
#include <string_view>

#include "pretag/data/selection.h"
#include "pretag/util/result.h"

namespace pretag {

inline constexpr char kSelectionFile[] = "data/selection.json";  // relative to the run folder

std::string write_selection(const Selection& selection);
// kCorrupt names the key.
Result<Selection> read_selection(std::string_view json);

}  // namespace pretag
