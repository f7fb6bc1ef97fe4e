#include "pretag/nn/model_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pretag/nn/weight_file.h"
#include "support/tiny_weights.h"

namespace pretag {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ModelMetadata read(const WeightFile& weights) {
  const auto metadata = read_model_metadata(weights);
  EXPECT_TRUE(metadata.ok()) << metadata.error().message;
  return metadata.ok() ? *metadata : ModelMetadata();
}

// The error of an eight-class model whose header has `key`.
std::string error_of(const std::string& key, const std::string& value) {
  const auto metadata = read_model_metadata(make_detector_weights(8, {{key, value}}));
  return metadata.ok() ? "no error" : metadata.error().message;
}

TEST(ModelMetadata, AbsentKeysAreTorchvisions) {
  const ModelMetadata metadata = read(make_detector_weights(8));
  EXPECT_EQ(metadata.min_size, 800);
  EXPECT_EQ(metadata.max_size, 1333);
  EXPECT_THAT(metadata.anchor_sizes, ElementsAre(32, 64, 128, 256, 512));
  EXPECT_FLOAT_EQ(metadata.batch_norm_eps, 1e-5f);
  EXPECT_THAT(metadata.classes,
              ElementsAre("__background__", "bicycle", "bus", "car", "motorcycle", "person", "train", "truck"));
  EXPECT_EQ(metadata.output_classes, pretagging_classes());
}

TEST(ModelMetadata, NinetyOneOutputsAreCocosAndReportTheSeven) {
  const ModelMetadata metadata = read(make_detector_weights(91));
  ASSERT_EQ(metadata.classes.size(), 91u);
  // https://cocodataset.org numbers its categories; torchvision keeps those numbers.
  for (const auto& [id, name] : std::map<size_t, std::string>{{1, "person"},
                                                              {3, "car"},
                                                              {8, "truck"},
                                                              {12, "N/A"},
                                                              {44, "bottle"},
                                                              {77, "cell phone"},
                                                              {90, "toothbrush"}}) {
    EXPECT_EQ(metadata.classes[id], name);
  }
  EXPECT_EQ(metadata.output_classes, pretagging_classes());
}

TEST(ModelMetadata, OtherModelsGetNumberedClassesAndReportAll) {
  const ModelMetadata metadata = read(make_detector_weights(3));
  EXPECT_THAT(metadata.classes, ElementsAre("__background__", "class_1", "class_2"));
  EXPECT_THAT(metadata.output_classes, ElementsAre("class_1", "class_2"));
}

TEST(ModelMetadata, ReadsEveryKey) {
  const ModelMetadata metadata = read(make_detector_weights(3, {{"classes", R"(["__background__", "cat", "dog"])"},
                                                                {"output_classes", R"(["dog"])"},
                                                                {"min_size", "288"},
                                                                {"max_size", " 512 "},
                                                                {"anchor_sizes", "[16,32,64,128,256.5]"},
                                                                {"aspect_ratios", "[0.25, 1, 4]"},
                                                                {"batch_norm_eps", "0"},
                                                                {"score_threshold", "0.6"},
                                                                {"logit_offsets", R"({"288":{"dog":-0.1},"96":{}})"},
                                                                {"box_score_threshold", "0.1"},
                                                                {"box_nms_threshold", "0.4"},
                                                                {"box_detections_per_image", "300"},
                                                                {"rpn_nms_threshold", "0.8"},
                                                                {"rpn_pre_nms_top_n", "2000"},
                                                                {"rpn_post_nms_top_n", "500"},
                                                                {"training_data", "holiday pictures"},
                                                                {"license", "CC0"},
                                                                {"note", "weak at night"}}));
  EXPECT_THAT(metadata.classes, ElementsAre("__background__", "cat", "dog"));
  EXPECT_THAT(metadata.output_classes, ElementsAre("dog"));
  EXPECT_EQ(metadata.min_size, 288);
  EXPECT_EQ(metadata.max_size, 512);
  EXPECT_THAT(metadata.anchor_sizes, ElementsAre(16, 32, 64, 128, 256.5f));
  EXPECT_THAT(metadata.aspect_ratios, ElementsAre(0.25f, 1, 4));
  EXPECT_EQ(metadata.batch_norm_eps, 0);
  EXPECT_FLOAT_EQ(metadata.score_threshold, 0.6f);
  EXPECT_EQ(metadata.logit_offsets, (LogitOffsets{{96, {}}, {288, {{"dog", -0.1f}}}}));
  EXPECT_FLOAT_EQ(metadata.box_score_threshold, 0.1f);
  EXPECT_FLOAT_EQ(metadata.box_nms_threshold, 0.4f);
  EXPECT_EQ(metadata.box_detections_per_image, 300);
  EXPECT_FLOAT_EQ(metadata.rpn_nms_threshold, 0.8f);
  EXPECT_EQ(metadata.rpn_pre_nms_top_n, 2000);
  EXPECT_EQ(metadata.rpn_post_nms_top_n, 500);
  EXPECT_EQ(metadata.training_data, "holiday pictures");
  EXPECT_EQ(metadata.license, "CC0");
  EXPECT_EQ(metadata.note, "weak at night");

  // And writes them so that they read the same.
  const auto strings = model_metadata_strings(metadata);
  const ModelMetadata again = read(make_detector_weights(3, strings));
  EXPECT_EQ(model_metadata_strings(again), strings);
  EXPECT_EQ(strings.at("aspect_ratios"), "[0.25, 1, 4]");
  EXPECT_EQ(strings.at("batch_norm_eps"), "0");
  EXPECT_EQ(strings.at("score_threshold"), "0.6");
  EXPECT_EQ(strings.at("logit_offsets"), R"({"288":{"dog":-0.1},"96":{}})");
  EXPECT_EQ(strings.size(), 19u);
}

TEST(ModelMetadata, NamesTheKeyOfAnImpossibleNumber) {
  EXPECT_EQ(error_of("min_size", "0"), "metadata 'min_size' is '0'; expected a whole number from 32 to 16384");
  for (const char* value : {"", "x", "800px", "8e2", "99999999999999999999", "-1", "400.5"}) {
    EXPECT_THAT(error_of("max_size", value), HasSubstr("metadata 'max_size' is '")) << value;
  }
  for (const char* value : {"nan", "inf", "-0.1", "1.1", "0,5", ""}) {
    EXPECT_THAT(error_of("score_threshold", value), HasSubstr("expected a number from 0 to 1")) << value;
  }
  EXPECT_THAT(error_of("max_size", "700"), HasSubstr("'max_size' is 700, less than 'min_size' 800"));
  EXPECT_THAT(error_of("batch_norm_eps", "0.5"), HasSubstr("'batch_norm_eps'"));
  EXPECT_THAT(error_of("box_detections_per_image", "0"), HasSubstr("'box_detections_per_image'"));
}

TEST(ModelMetadata, NamesTheKeyOfAnImpossibleList) {
  for (const char* value : {"", "32", "{}", "[]", "[32", "[\"32\"]", "[0,1,2,3,4]", "[1e9,1,1,1,1]", "[[32],[64]]"}) {
    EXPECT_THAT(error_of("anchor_sizes", value), HasSubstr("metadata 'anchor_sizes' is")) << value;
  }
  EXPECT_THAT(error_of("anchor_sizes", "[32,64]"), HasSubstr("'anchor_sizes' has 2 sizes; the architecture has 5"));
  EXPECT_THAT(error_of("aspect_ratios", "[1]"), HasSubstr("'aspect_ratios' has 1 ratios; the weights have 3 anchors"));
  EXPECT_THAT(error_of("classes", "[\"a\", 1]"), HasSubstr("expected a JSON list of names"));
  EXPECT_THAT(error_of("classes", std::string(100'000, '[')), HasSubstr("metadata 'classes' is '[[["));
}

TEST(ModelMetadata, NamesWhatIsWrongWithLogitOffsets) {
  for (const char* value : {"", "1", "[]", R"({"432": 1})", R"({"432": {"car": "1"}})", R"({"432": {"car": 11}})",
                            R"({"432": {"car": 1})", R"({"432": {"car": [1]}})"}) {
    EXPECT_THAT(error_of("logit_offsets", value), HasSubstr("metadata 'logit_offsets' is '")) << value;
  }
  for (const char* size : {"", "31", "16385", "432px", "-432", "full"}) {
    const std::string text = R"({")" + std::string(size) + R"(": {"car": 1}})";
    EXPECT_THAT(error_of("logit_offsets", text), HasSubstr("expected a short side from 32 to 16384")) << text;
  }
  EXPECT_THAT(error_of("logit_offsets", R"({"432": {"cat": 1}})"), HasSubstr("'cat', which is not one of the classes"));
  EXPECT_EQ(error_of("logit_offsets", R"({"432": {"car": 1, "__background__": -1}})"), "no error");
}

TEST(ModelMetadata, ChecksClassesAgainstTheBoxHead) {
  EXPECT_THAT(error_of("classes", R"(["__background__", "car"])"),
              HasSubstr("'classes' has 2 names, background included; the box head has 8 outputs"));
  EXPECT_THAT(error_of("classes", R"(["a","b","c","d","e","f","g","h"])"), HasSubstr("begins with 'a'"));
  EXPECT_THAT(error_of("classes", R"(["__background__","b","c","d","b","f","g","h"])"), HasSubstr("has 'b' twice"));
  EXPECT_EQ(error_of("classes", R"(["__background__","b","N/A","N/A","e","f","g","h"])"), "no error");
  EXPECT_THAT(error_of("output_classes", R"(["cat"])"), HasSubstr("'output_classes' has 'cat', which is not one of"));
  EXPECT_THAT(error_of("output_classes", R"(["__background__"])"), HasSubstr("'__background__'"));
  EXPECT_THAT(error_of("output_classes", R"(["car","car"])"), HasSubstr("has 'car' twice"));
}

TEST(ModelMetadata, SaysWhenTheWeightsAreAnotherNetworks) {
  EXPECT_THAT(error_of("architecture", "yolo"), HasSubstr("'architecture' is 'yolo'"));
  const auto classifier = read_model_metadata(make_weights({{"fc.weight", {{1}, {0}}}}));
  EXPECT_EQ(classifier.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(classifier.error().message, HasSubstr("it is not a Faster R-CNN"));
  const auto v2 = read_model_metadata(make_weights({{"rpn.head.conv.1.0.weight", {{1}, {0}}}}));
  EXPECT_THAT(v2.error().message, HasSubstr("fasterrcnn_resnet50_fpn_v2"));
}

}  // namespace
}  // namespace pretag
