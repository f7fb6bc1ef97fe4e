// Made-up embeddings of the size of real collections.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pretag {

// Unit vectors, row after row, in float32; the same for the same arguments, whatever the number of threads.

// As embeddings of images are: several thousand groups of very different sizes, each spread along a few directions of
// its own, and a little noise in all of them.
std::vector<float> grouped_vectors(size_t rows, size_t columns, int threads);

// Uniform on the sphere: nothing is near to anything, the hardest case for every shortcut.
std::vector<float> uniform_vectors(size_t rows, size_t columns, int threads);

}  // namespace pretag
