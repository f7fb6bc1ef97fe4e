// Which pictures to show with their boxes drawn in.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "pretag/data/image_info.h"
#include "pretag/data/prediction.h"
#include "pretag/report/scattered.h"

namespace pretag {

// A picture to show: a name and data, no pixels. Detections carry no probabilities.
struct DebugChoice {
  std::string filename;
  int width = 0, height = 0;  // of the oriented image, pixels
  std::vector<Detection> detections;
};

// More boxes than this in a picture could not be told apart; the best are kept.
inline constexpr size_t kMostDrawnDetections = 100;

// A sample of a stream whose length is not known: one of 2^k items, as if by chance, with k growing as the stream does,
// so that memory stays bounded and the result depends on the order of the stream alone.
class SpreadSample {
 public:
  explicit SpreadSample(size_t capacity) : capacity_(capacity) {}

  // True if the item offered now is to be put in; call once an item, then keep() for those.
  bool wants_next() { return scattered(seen_++) % stride_ == 0; }
  void keep(DebugChoice item);
  // `count` of the kept items, or all, in order: one of each of so many parts of the stream.
  std::vector<DebugChoice> pick(size_t count) const;
  template <class Predicate>
  void drop_if(Predicate predicate) {
    std::erase_if(items_, [&](const Item& item) { return predicate(item.choice); });
  }

 private:
  struct Item {
    uint64_t index;  // in the stream
    DebugChoice choice;
  };

  size_t capacity_;
  uint64_t seen_ = 0, stride_ = 1;
  std::vector<Item> items_;  // about capacity_ to 2 * capacity_ once the stream was that long
};

// Feed it every image in a fixed order; choose() then depends on nothing else. Memory is bounded by the number of
// classes and `most`. Not thread-safe.
class DebugChooser {
 public:
  struct Options {
    size_t wanted = 12;  // this many, if there are as many images
    size_t most = 24;    // at the most, if it takes more than `wanted` to show every class
  };
  explicit DebugChooser(const Options& options);

  // `detections` are those that count: by falling score, at or above the score threshold.
  void add(const ImageInfo& info, std::span<const Detection> detections);

  // First, from the rarest class to the most frequent, the best-scored example of each class that no picture before
  // shows; then pictures with objects, evenly spread over the input; then, if these are too few, pictures without.
  std::vector<DebugChoice> choose() const;

 private:
  struct ClassExample {
    int64_t objects = 0;
    float score = -1;
    DebugChoice choice;
  };

  Options options_;
  std::map<std::string, ClassExample> best_of_class_;
  SpreadSample with_objects_, without_objects_;
};

}  // namespace pretag
