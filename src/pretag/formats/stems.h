// Many formats keep the boxes of a/b.jpg in a/b.txt, a/b.xml or a/b.json, and so cannot tell a/b.jpg from a/b.png.
#pragma once

#include <string>
#include <vector>

namespace pretag {

// The path without the extension of its last part: a/b.jpg -> a/b.
std::string stem_of(const std::string& filename);

// Gives every stem to the first image, in byte order, that has it.
class StemOwners {
 public:
  // `reserved` is a stem that no image can have.
  explicit StemOwners(std::string reserved = "") : reserved_(std::move(reserved)) {}

  // Whether the image may have its stem. Names must come in byte order; memory stays flat however many there are.
  bool claim(const std::string& filename);

 private:
  std::string reserved_;
  std::vector<std::string> open_;  // stems that a name still to come could share
};

// For Notes: why an image without a stem of its own is left out.
inline constexpr char kStemTaken[] =
    "images are left out, for one of the same name but another extension has their place";

}  // namespace pretag
