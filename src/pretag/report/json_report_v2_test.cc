#include "pretag/report/json_report_v2.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "support/report_models.h"

namespace pretag {
namespace {

using Json = nlohmann::json;

// The shape as the public client has it, written down a second time. "name?" may be missing, "*" stands for any key;
// a list holds the shape of its elements; a string names a type.
const Json& shape() {
  static const Json numeric_set = Json::parse(R"({"counts": ["integer"], "metrics": {"mean": "number", "std": "number",
      "min": "number", "median": "number", "max": "number"}})");
  static const Json numeric = {{"bins", "integer"},
                               {"range", {"number"}},
                               {"input?", numeric_set},
                               {"selected", numeric_set},
                               {"random?", numeric_set}};
  static const Json category_set = Json::parse(
      R"({"counts": {"*": "integer"}, "metrics": {"giniImbalance": "number", "normalizedEntropy": "number"}})");
  static const Json scatter = Json::parse(R"({"input2dEmbeddings": [["number"]],
      "selectedExcludingDatapool2dEmbeddings": [["number"]], "datapool2dEmbeddings?": [["number"]],
      "exampleImages": [{"location": ["number"], "filename": "string"}]})");
  static const Json savings = {{"costSavings", "number"}, {"co2Savings", "number"}};
  static const Json all = {
      {"generalInformation",
       {{"workerInformation", {{"buildTime", "string"}, {"buildVersion", "string"}}},
        {"runInformation",
         {{"startTimestamp", "integer"},
          {"endTimestamp", "integer"},
          {"totalProcessingTimeS", "number"},
          {"runId", "string"},
          {"runUrl", "string"}}},
        {"datasetInformation",
         {{"datasetSizes",
           {{"nInput", "integer"},
            {"nCorrupt", "integer"},
            {"nDuplicate", "integer"},
            {"nRemoved", "integer"},
            {"nSelected", "integer"},
            {"nPreselectedDatapool", "integer"},
            {"nSelectedWithDatapool", "integer"}}},
          {"datasetId", "string"},
          {"datasetUrl", "string"},
          {"datasetName", "string"}}},
        {"annotationSavings",
         {{"imageClassification", savings}, {"objectDetection", savings}, {"semanticSegmentation", savings}}},
        {"selectedAndRemovedImageExamples",
         Json::array({{{"selectedImage", "string"}, {"removedImage", "string"}, {"distance", "number"}}})}}},
      {"datasetAnalysis",
       {{"embeddingInformation",
         {{"distanceToNearestNeighborInSet", numeric},
          {"distanceToCoverInput", numeric},
          {"scatterPlotData", {{"pcaEmbeddingData", scatter}, {"umapEmbeddingData", scatter}}}}},
        {"metadataInformation",
         {{"lightlyNumeric", {{"*", numeric}}},
          {"customNumeric", {{"*", numeric}}},
          {"customCategorical", {{"*", numeric}}}}}}},
      {"predictionTaskInformation",
       {{"*",
         {{"taskType", "string"},
          {"categoryIdToName", {{"*", "string"}}},
          {"activeLearningScoreDistributions", {{"*", numeric}}},
          {"categoryDistribution", {{"input", category_set}, {"selected", category_set}, {"random", category_set}}},
          {"categoryToCountsPerSample", {{"*", numeric}}},
          {"detectionTaskInformation?",
           {{"bboxExamples", Json::array({{{"filename?", "string"},
                                           {"predictions?", Json::array({{{"categoryId", "integer"},
                                                                          {"bbox", {"number"}},
                                                                          {"score", "number"},
                                                                          {"epsilon", "number"}}})}}})}}}}}}}};
  return all;
}

std::string problem_with(const Json& value, const Json& wanted, const std::string& where) {
  if (wanted.is_string()) {
    const bool fits = wanted == "string"    ? value.is_string()
                      : wanted == "integer" ? value.is_number_integer()
                                            : value.is_number();
    return fits ? "" : where + " is no " + wanted.get<std::string>();
  }
  if (wanted.is_array()) {
    if (!value.is_array()) return where + " is no list";
    for (const Json& element : value)
      if (auto problem = problem_with(element, wanted[0], where + "[]"); !problem.empty()) return problem;
    return "";
  }
  if (!value.is_object()) return where + " is no object";
  std::set<std::string> known;
  for (const auto& [key, inner] : wanted.items()) {
    if (key == "*") {
      for (const auto& [name, element] : value.items())
        if (auto problem = problem_with(element, inner, where + "." + name); !problem.empty()) return problem;
      return "";
    }
    const bool is_optional = key.ends_with('?');
    const std::string name = is_optional ? key.substr(0, key.size() - 1) : key;
    known.insert(name);
    if (!value.contains(name)) {
      if (!is_optional) return where + "." + name + " is missing";
      continue;
    }
    if (auto problem = problem_with(value[name], inner, where + "." + name); !problem.empty()) return problem;
  }
  for (const auto& [name, element] : value.items())
    if (!known.contains(name)) return where + "." + name + " is unknown";
  return "";
}

TEST(JsonReportV2, HasExactlyTheClientsShape) {
  const Selection selection = sample_selection();
  const Json report = Json::parse(json_report_v2(sample_model(&selection)));
  EXPECT_EQ(problem_with(report, shape(), "report"), "");
}

TEST(JsonReportV2, HasThatShapeAlsoWhenNothingWasFoundOrSelected) {
  const Selection nothing;
  ReportBuilder builder({}, 0.5f, {.selection = &nothing});
  EXPECT_EQ(problem_with(Json::parse(json_report_v2(builder.model())), shape(), "report"), "");
  builder.add(make_info("a.jpg"), {});
  EXPECT_EQ(problem_with(Json::parse(json_report_v2(builder.model())), shape(), "report"), "");
}

TEST(JsonReportV2, HoldsTheNumbers) {
  const Selection selection = sample_selection();
  const Json report = Json::parse(json_report_v2(sample_model(&selection)));
  const Json& sizes = report["generalInformation"]["datasetInformation"]["datasetSizes"];
  EXPECT_EQ(sizes["nInput"], 7);
  EXPECT_EQ(sizes["nCorrupt"], 1);
  EXPECT_EQ(sizes["nDuplicate"], 1);
  EXPECT_EQ(sizes["nSelected"], 2);
  EXPECT_EQ(sizes["nRemoved"], 3);
  const Json& task = report["predictionTaskInformation"]["lightly_pretagging"];
  EXPECT_EQ(task["categoryIdToName"]["1"], "person");
  EXPECT_EQ(task["categoryDistribution"]["input"]["counts"]["car"], 6);
  EXPECT_EQ(task["categoryDistribution"]["selected"]["counts"]["person"], 2);
  EXPECT_DOUBLE_EQ(task["categoryDistribution"]["selected"]["metrics"]["normalizedEntropy"], 1);
  EXPECT_EQ(task["categoryDistribution"]["random"]["counts"],
            (Json{{"car", 2}, {"person", 1}}));  // a third of 6 and of 4
  const Json& persons = task["categoryToCountsPerSample"]["person"];
  EXPECT_EQ(persons["input"]["counts"][0], 3);
  EXPECT_EQ(persons["input"]["metrics"]["max"], 2);
  EXPECT_EQ(persons["selected"]["metrics"]["mean"], 1);
}

TEST(JsonReportV2, KeepsThePoolsImagesApart) {
  const Selection selection = sample_selection();
  ReportModel model = sample_model(&selection);
  model.embeddings.selected_points = {{"pool.jpg", {1, 2}, {5, 6}, true, true}, {"new.jpg", {3, 4}, {7, 8}, true}};
  const Json report = Json::parse(json_report_v2(model));
  EXPECT_EQ(problem_with(report, shape(), "report"), "");
  const Json& pca = report["datasetAnalysis"]["embeddingInformation"]["scatterPlotData"]["pcaEmbeddingData"];
  EXPECT_EQ(pca["selectedExcludingDatapool2dEmbeddings"], (Json{{3.0, 4.0}}));
  EXPECT_EQ(pca["datapool2dEmbeddings"], (Json{{1.0, 2.0}}));
  const Json& umap = report["datasetAnalysis"]["embeddingInformation"]["scatterPlotData"]["umapEmbeddingData"];
  EXPECT_EQ(umap["selectedExcludingDatapool2dEmbeddings"], (Json{{7.0, 8.0}}));
  EXPECT_EQ(umap["datapool2dEmbeddings"], (Json{{5.0, 6.0}}));
  EXPECT_EQ(umap["exampleImages"][0]["location"], (Json{7.0, 8.0}));
  ASSERT_EQ(pca["exampleImages"].size(), 1u);
  EXPECT_EQ(pca["exampleImages"][0]["filename"], "new.jpg");
}

}  // namespace
}  // namespace pretag
