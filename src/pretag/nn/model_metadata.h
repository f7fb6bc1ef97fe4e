// What a weight file says of itself: architecture, classes, input size, anchors, thresholds.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pretag/util/result.h"

namespace pretag {

class WeightFile;

// Defaults are torchvision's for fasterrcnn_resnet50_fpn (torchvision/models/detection/faster_rcnn.py).
// What is added to the logits of classes before the softmax, by the short side of the network input:
// {432: {"person": 0.25}}. Sizes and classes that are not there get nothing. See eval/alignment.h for where they come
// from.
inline constexpr char kLogitOffsetsKey[] = "logit_offsets";
using LogitOffsets = std::map<int, std::map<std::string, float>>;

struct ModelMetadata {
  std::string architecture = "fasterrcnn_resnet50_fpn";
  std::vector<std::string> classes;         // "__background__" first, then in the order of the box head's outputs
  std::vector<std::string> output_classes;  // the classes reported; all but background unless the file says less
  int min_size = 800, max_size = 1333;      // network input: short side, and the long side's limit, pixels
  std::vector<float> anchor_sizes = {32, 64, 128, 256, 512};  // one a pyramid level, network pixels
  std::vector<float> aspect_ratios = {0.5f, 1.0f, 2.0f};      // height / width
  float batch_norm_eps = 1e-5f;
  float score_threshold = 0.5f;  // recommended for counting objects
  LogitOffsets logit_offsets;    // with which counts at that threshold are right, each -10..10
  float box_score_threshold = 0.05f, box_nms_threshold = 0.5f;
  int box_detections_per_image = 100;
  float rpn_nms_threshold = 0.7f;
  int rpn_pre_nms_top_n = 1000, rpn_post_nms_top_n = 1000;  // per level; after NMS, over all levels
  std::string training_data, license;                       // for people; may be empty
  std::string note;  // what a reader of a report should know before trusting the numbers; may be empty
};

// kCorrupt names the key with an impossible value. The number of classes is checked against the box head's weights;
// a file without class names gets COCO's 91 when it has 91 outputs (reporting the seven pretagging classes only), the
// seven pretagging classes when it has 8, else "class_1", "class_2" …. kNotFound or kUnsupported when the weights are
// not those of a fasterrcnn_resnet50_fpn.
Result<ModelMetadata> read_model_metadata(const WeightFile& weights);

// What a file's header must hold so that read_model_metadata() gives `metadata` back. Empty texts are left out.
std::map<std::string, std::string> model_metadata_strings(const ModelMetadata& metadata);

// bicycle, bus, car, motorcycle, person, train, truck: what pretagging reports.
const std::vector<std::string>& pretagging_classes();

}  // namespace pretag
