// What a run knows of an input image besides its predictions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pretag {

// Cheap statistics of the pixels, for the report and for selection by metadata.
struct ImageQuality {
  float luminance = 0;          // mean CIE L*, 0..100
  float sharpness = 0;          // standard deviation of the Laplacian of the grey image, >= 0
  float snr = 0;                // mean / standard deviation of the grey image, >= 0
  float uniform_row_ratio = 0;  // share of rows in which all pixels are equal, 0..1
};

struct ImageInfo {
  std::string filename;       // relative to the input root, '/'-separated, UTF-8
  int width = 0, height = 0;  // after EXIF orientation, pixels
  uint64_t bytes = 0;         // encoded size
  std::string content_hash;   // hex, over the oriented pixels: equal for exact duplicates
  ImageQuality quality;
};

// Unit length; the same image gives the same vector whatever else is in the run.
using Embedding = std::vector<float>;

}  // namespace pretag
