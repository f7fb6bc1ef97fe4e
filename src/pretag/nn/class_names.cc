#include "pretag/nn/class_names.h"

#include "pretag/nn/model_metadata.h"

namespace pretag {

const std::vector<std::string>& pretagging_classes() {
  static const std::vector<std::string> kClasses = {"bicycle", "bus", "car", "motorcycle", "person", "train", "truck"};
  return kClasses;
}

const std::vector<std::string>& coco_classes() {
  static const std::vector<std::string> kClasses = {"__background__",
                                                    "person",
                                                    "bicycle",
                                                    "car",
                                                    "motorcycle",
                                                    "airplane",
                                                    "bus",
                                                    "train",
                                                    "truck",
                                                    "boat",
                                                    "traffic light",
                                                    "fire hydrant",
                                                    "N/A",
                                                    "stop sign",
                                                    "parking meter",
                                                    "bench",
                                                    "bird",
                                                    "cat",
                                                    "dog",
                                                    "horse",
                                                    "sheep",
                                                    "cow",
                                                    "elephant",
                                                    "bear",
                                                    "zebra",
                                                    "giraffe",
                                                    "N/A",
                                                    "backpack",
                                                    "umbrella",
                                                    "N/A",
                                                    "N/A",
                                                    "handbag",
                                                    "tie",
                                                    "suitcase",
                                                    "frisbee",
                                                    "skis",
                                                    "snowboard",
                                                    "sports ball",
                                                    "kite",
                                                    "baseball bat",
                                                    "baseball glove",
                                                    "skateboard",
                                                    "surfboard",
                                                    "tennis racket",
                                                    "bottle",
                                                    "N/A",
                                                    "wine glass",
                                                    "cup",
                                                    "fork",
                                                    "knife",
                                                    "spoon",
                                                    "bowl",
                                                    "banana",
                                                    "apple",
                                                    "sandwich",
                                                    "orange",
                                                    "broccoli",
                                                    "carrot",
                                                    "hot dog",
                                                    "pizza",
                                                    "donut",
                                                    "cake",
                                                    "chair",
                                                    "couch",
                                                    "potted plant",
                                                    "bed",
                                                    "N/A",
                                                    "dining table",
                                                    "N/A",
                                                    "N/A",
                                                    "toilet",
                                                    "N/A",
                                                    "tv",
                                                    "laptop",
                                                    "mouse",
                                                    "remote",
                                                    "keyboard",
                                                    "cell phone",
                                                    "microwave",
                                                    "oven",
                                                    "toaster",
                                                    "sink",
                                                    "refrigerator",
                                                    "N/A",
                                                    "book",
                                                    "clock",
                                                    "vase",
                                                    "scissors",
                                                    "teddy bear",
                                                    "hair drier",
                                                    "toothbrush"};
  return kClasses;
}

std::vector<std::string> default_classes(size_t count) {
  if (count == coco_classes().size()) return coco_classes();
  std::vector<std::string> classes = {kBackgroundClass};
  if (count == pretagging_classes().size() + 1) {
    classes.insert(classes.end(), pretagging_classes().begin(), pretagging_classes().end());
  }
  for (size_t i = classes.size(); i < count; ++i) classes.push_back("class_" + std::to_string(i));
  return classes;
}

std::vector<std::string> default_output_classes(const std::vector<std::string>& classes) {
  if (classes == coco_classes()) return pretagging_classes();
  std::vector<std::string> reported;
  for (const std::string& name : classes) {
    if (name != kBackgroundClass && name != kUnusedClass) reported.push_back(name);
  }
  return reported;
}

}  // namespace pretag
