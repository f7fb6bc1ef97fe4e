// The pretagging dump, bounding_boxes.json: every image's boxes, labels and scores. docs/formats/pretagging_dump.md.
// Coordinates: corners x1, y1, x2, y2 relative to the image's width and height, 0..1.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/data/prediction.h"
#include "pretag/io/file_system.h"
#include "pretag/util/result.h"

namespace pretag {

// Writes through `sink` as it goes: begin, every image, end. Equal predictions give equal bytes.
class PretaggingDumpWriter {
 public:
  // Detections below `score_threshold` are left out; their images are not.
  PretaggingDumpWriter(FileSystem::Sink sink, float score_threshold);

  Status begin();
  // kInvalidArgument for a name that is not UTF-8, for detections in an image without a size, and for numbers that are
  // not finite.
  Status add(const Prediction& prediction);
  Status end();

 private:
  FileSystem::Sink sink_;
  float score_threshold_;
  bool first_ = true;
};

// An image of the dump. Its boxes are as written, relative: the dump does not tell the image's size.
struct PretaggingDumpEntry {
  std::string filename;
  std::vector<Detection> relative_detections;  // box corners 0..1, no probabilities; in the file's order
};

// The entry in pixels of an image of this size, by falling score.
Prediction to_pixels(const PretaggingDumpEntry& entry, int width, int height);

// Calls `visit` for every entry, in the file's order, holding one at a time. kCorrupt names the entry and the key. Keys
// it does not know are read over. Boxes may reach outside the image by rounding; they are clipped to it.
Status read_pretagging_dump(std::string_view json, const std::function<Status(const PretaggingDumpEntry&)>& visit);

}  // namespace pretag
