// Objectives that do not change while samples are chosen, and thresholds, which only say yes or no.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pretag/select/selector.h"

namespace pretag {

// The value of weights, similarity or typicality for each sample; nothing for strategies of another kind.
std::optional<std::vector<double>> static_values(const Objective& objective, const SelectionProblem& problem);

// `values` as an objective: scaled to 0..1 if the objective asks for it, so that the lowest of the samples marked as
// `candidates` gets 0 and their highest 1; the others do not stretch the scale, and are cut off at its ends. All 1 if
// there is nothing to tell apart.
std::vector<double> as_objective(const Objective& objective, const std::vector<double>& values,
                                 std::span<const uint8_t> candidates);

// Clears `eligible` of what does not fulfil the threshold and returns how many samples that left out.
int64_t apply_threshold(const Objective& objective, std::span<uint8_t> eligible);

}  // namespace pretag
