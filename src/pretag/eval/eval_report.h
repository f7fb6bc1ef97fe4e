// The result of an evaluation for people and for programs.
#pragma once

#include <string>

#include "pretag/eval/evaluate.h"

namespace pretag {

// Aligned columns, percentages with one decimal, "-" where a number is not defined. With a line a class if `per_class`.
std::string eval_table(const EvalResult& result, bool per_class);

// Every number, 0..1, null where it is not defined. docs/formats/labels.md.
std::string eval_json(const EvalResult& result);

}  // namespace pretag
