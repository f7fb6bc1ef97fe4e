// Selecting runs of samples together: a run becomes one sample.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/select/selector.h"

namespace pretag {

// What a sample's sequences are cut from: its folder.
std::string folder_of(std::string_view filename);

// Cuts the samples of each group, its folder unless `group_of` says otherwise, into runs of `length`; `filenames` are
// in byte order, so those of a folder may be interrupted by those of its subfolders. `gaps` are the names of images
// that lie among them but are no samples: they take their places in the runs, and a run with a gap is left out. What is
// left over at the end of a group belongs to no run. Each run is a list of sample numbers.
std::vector<std::vector<uint32_t>> cut_into_sequences(std::span<const std::string> filenames, size_t length,
                                                      std::span<const std::string> gaps = {},
                                                      std::string (*group_of)(std::string_view) = folder_of);

// The same selection over the runs: the mean of numbers, the sum of counts and classes, the mean vector (of unit
// length) of vectors. `requested` becomes the number of runs, and notes speak of sequences. A run is preselected if a
// sample in it is.
SelectionProblem select_sequences(const SelectionProblem& problem, const std::vector<std::vector<uint32_t>>& sequences,
                                  size_t length);

}  // namespace pretag
