// The lists of classes that weights without class names are known to have.
#pragma once

#include <string>
#include <vector>

namespace pretag {

// What an output that no class uses is called; COCO's numbering has eleven of them.
inline constexpr const char* kUnusedClass = "N/A";
inline constexpr const char* kBackgroundClass = "__background__";

// COCO's 91 names in torchvision's order (torchvision/models/_meta.py, _COCO_CATEGORIES), background first.
const std::vector<std::string>& coco_classes();

// Names for a box head with `count` outputs of a file that names none: COCO's for 91, background and the seven
// pretagging classes for 8, else background, "class_1", "class_2" ….
std::vector<std::string> default_classes(size_t count);

// What is reported when a file does not say: the seven pretagging classes for COCO's list, otherwise every class but
// background and unused outputs.
std::vector<std::string> default_output_classes(const std::vector<std::string>& classes);

}  // namespace pretag
