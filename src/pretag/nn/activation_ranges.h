// How far a network's activations reach: what int8 needs to know of a model beyond its weights.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "pretag/util/result.h"

namespace pretag {

class WeightFile;

struct ActivationRange {
  float limit = 0;    // the magnitude that the largest integer stands for; 0 where nothing was ever seen but zeros
  float sqnr_db = 0;  // signal to quantisation noise at that limit, 10 log10(mean x^2 / mean error^2)
};

// By the name of the layer that computes them.
struct ActivationRanges {
  std::map<std::string, ActivationRange> layers;
  int images = 0;              // that were looked at
  std::string model_sha256{};  // of the weight file they were measured on; empty where they are in the file itself
};

// Of the model at `path`: the file <path without extension>.ranges.json beside it, if that was measured on this very
// file; else the metadata "activation_ranges"; else the file beside it, of an earlier version, which does not say what
// it was measured on; nothing if neither is there. kCorrupt names which is damaged, or of another model: with its
// ranges a network finds next to nothing.
Result<std::optional<ActivationRanges>> stored_activation_ranges(const WeightFile& weights, const std::string& path);
inline constexpr char kActivationRangesKey[] = "activation_ranges";
std::string activation_ranges_file(const std::string& model_path);

// {"images": 32, "model_sha256": "…", "layers": {"backbone.body.conv1": {"limit": 3.25, "sqnr_db": 41.5}, …}}
std::string to_json(const ActivationRanges& ranges);
// kCorrupt says what is wrong.
Result<ActivationRanges> parse_activation_ranges(std::string_view json);

}  // namespace pretag
