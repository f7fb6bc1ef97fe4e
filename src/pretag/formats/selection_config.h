// The client's selection_config: how many samples, and by which strategies. docs/formats/selection.md.
#pragma once

#include <string_view>

#include "pretag/data/selection.h"
#include "pretag/util/result.h"

namespace pretag {

// A JSON object with "n_samples" or "proportion_samples" and "strategies", keys in snake_case or camelCase, comments
// allowed. Everything is checked that can be without the inputs: ranges, names (with the nearest known one), which
// strategy goes with which input. kInvalidArgument names the key.
Result<SelectionConfig> read_selection_config(std::string_view json);
// The list alone: [{"input": {…}, "strategy": {…}}, …].
Result<std::vector<SelectionEntry>> read_selection_strategies(std::string_view json);

// One line for people: "diversity of the embeddings", "at least 0.5 of lightly.sharpness", …
std::string describe(const SelectionEntry& entry);

}  // namespace pretag
