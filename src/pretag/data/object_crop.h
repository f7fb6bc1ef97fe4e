// The crop of an object: what it is called, and where in the image it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pretag/data/box.h"

namespace pretag {

// "sub/a-jpg-lightly_pretagging-007.png" for object 7 of that task in sub/a.jpg (a '/' in a task's name becomes '_').
// Names of different images and objects of a task differ, and sort as the objects do where an image has no more than
// 1,000.
std::string crop_name(std::string_view image, std::string_view task, int64_t index);
// What all names of an image's crops begin with: "sub/a-jpg-lightly_pretagging-"; and that of a crop's name.
std::string crop_name_prefix(std::string_view image, std::string_view task);
std::string_view prefix_of_crop_name(std::string_view name);

// In pixels of the image, at least 1 x 1.
struct CropRectangle {
  int x = 0, y = 0, width = 1, height = 1;
};
// The pixels that the box touches when its width and height have grown by `padding` (0.1: a tenth) around its middle,
// as far as they are in the image, which must have pixels. Any numbers will do.
CropRectangle crop_rectangle(const Box& box_in_image, double padding, int image_width, int image_height);

}  // namespace pretag
