// What the page of a dataset of crops asks for.
#include <fmt/format.h>

#include "pretag/server/records.h"
#include "pretag/server/test_server.h"

namespace pretag {
namespace {

using nlohmann::json;

// Three crops of two images: a car of 0.9, a person of 0.8 and a car of 0.4.
class WebCrops : public ::testing::Test {
 protected:
  WebCrops() {
    for (const char* file : {"a.png", "b.png"}) parents.push_back(server.new_sample(images, file));
    add_task(images, "5");
    samples = {add("a_0.png", 5, 2, 0.9), add("a_1.png", 5, 0, 0.8), add("b_0.png", 5, 2, 0.4)};
  }

  void add_task(const std::string& dataset, const std::string& time, const std::string& second_class = "car",
                const std::string& name = "found") {
    server.post("/v1/datasets/" + dataset + "/predictions/tasks?predictionUUIDTimestamp=" + time,
                {{"name", name},
                 {"type", "OBJECT_DETECTION"},
                 {"categories", {{{"id", 0}, {"name", "person"}}, {{"id", 2}, {"name", second_class}}}}});
  }
  std::string add(const std::string& file, int64_t time, int category, double score,
                  const std::string& task = "found") {
    const json crop = {{"parentId", parents[file.starts_with("a") ? 0 : 1]},
                       {"predictionUUIDTimestamp", time},
                       {"predictionIndex", 0},
                       {"predictionTaskName", task},
                       {"predictionTaskCategoryId", category},
                       {"predictionTaskScore", score}};
    return server.post("/v1/datasets/" + crops + "/samples/withWriteUrls", {{"fileName", file}, {"cropData", crop}})
        .id();
  }
  json get(const std::string& dataset, const std::string& rest) {
    return server.get("/web/api/datasets/" + dataset + rest).json;
  }
  std::string files(const std::string& query) {
    std::string names;
    const json answer = get(crops, "/images?predictions=crops:/found" + query);
    for (const json& crop : answer["images"]) {
      names += crop["fileName"].get<std::string>() + " ";
    }
    return names;
  }

  TestServer server;
  std::string
      images = server.new_dataset("street"),
      crops =
          server.post("/v1/datasets", {{"name", "street-crops"}, {"type", "Crops"}, {"parentDatasetId", images}}).id();
  std::vector<std::string> parents, samples;
};

TEST_F(WebCrops, the_overview_names_the_images_and_the_classes_as_they_do) {
  const json overview = get(crops, "");
  EXPECT_EQ(overview["type"], "Crops");
  EXPECT_EQ(overview["parent"], (json{{"id", images}, {"name", "street"}}));
  ASSERT_EQ(overview["predictions"].size(), 1u);
  EXPECT_EQ(overview["predictions"][0], (json{{"id", "crops:/found"},
                                              {"task", "found"},
                                              {"time", nullptr},
                                              {"categories", get(images, "")["predictions"][0]["categories"]}}));
  EXPECT_EQ(get(images, "")["parent"], nullptr);
  EXPECT_EQ(get(images, "")["type"], "Images");
}

TEST_F(WebCrops, say_what_they_show_and_where_they_were_cut_from) {
  const json crop = get(crops, "/images")["images"][1];
  EXPECT_EQ(crop["shows"], (json{{"category", 0},
                                 {"score", 0.8},
                                 {"set", "crops:/found"},
                                 {"cutFrom", {{"image", parents[0]}, {"predictions", "5/found"}}}}));
  EXPECT_FALSE(get(images, "/images")["images"][0].contains("shows"));
}

TEST_F(WebCrops, are_filtered_by_class_and_score) {
  EXPECT_EQ(files(""), "a_0.png a_1.png b_0.png ");
  EXPECT_EQ(files("&category=2"), "a_0.png b_0.png ");
  EXPECT_EQ(files("&category=2&minScore=0.5"), "a_0.png ");
  EXPECT_EQ(files("&minScore=0.5"), "a_0.png a_1.png ");
  EXPECT_EQ(get(crops, "/classes?predictions=crops:/found"),
            (json{{{"id", 0}, {"before", 1}, {"after", 0}}, {{"id", 2}, {"before", 2}, {"after", 0}}}));
}

TEST_F(WebCrops, that_are_told_of_again_count_as_what_they_are_now) {
  add("a_0.png", 5, 2, 0.9);
  EXPECT_EQ(files("&category=2"), "a_0.png b_0.png ");
  add("a_0.png", 5, 0, 0.3);
  EXPECT_EQ(files("&category=2"), "b_0.png ");
  EXPECT_EQ(files("&category=0"), "a_0.png a_1.png ");
  for (const int category : {0, 2}) {  // by another run, as the same and as something else
    add("a_0.png", 1000, category, 0.3);
    EXPECT_EQ(files("&category=0"), category == 0 ? "a_0.png a_1.png " : "a_1.png ");
    EXPECT_EQ(files("&category=2"), category == 2 ? "a_0.png b_0.png " : "b_0.png ");
    EXPECT_EQ(get(crops, "")["predictions"].size(), 1u);
    EXPECT_EQ(get(crops, "/images")["images"][0]["shows"]["cutFrom"]["predictions"], "1000/found");
  }
}

// A dataset that grows by a pool: of twelve crops four are of each run.
TEST_F(WebCrops, of_several_runs_are_listed_together) {
  add("b_1.png", 5, 0, 0.7);
  for (const int64_t run : {1000, 70}) {  // the newest is neither the last nor the last by the letters
    add_task(images, std::to_string(run), run == 1000 ? "lorry" : "car");
    for (int i = 0; i < 4; ++i) add(fmt::format("a_{}_{}.png", run, i), run, i == 0 ? 0 : 2, 0.2 + 0.2 * i);
  }
  const json sets = get(crops, "")["predictions"];
  ASSERT_EQ(sets.size(), 1u);
  EXPECT_EQ(sets[0]["id"], "crops:/found");
  EXPECT_EQ(sets[0]["categories"][1]["name"], "lorry") << "as the newest run has it";
  EXPECT_EQ(get(crops, "/classes?predictions=crops:/found"),
            (json{{{"id", 0}, {"before", 4}, {"after", 0}}, {{"id", 2}, {"before", 8}, {"after", 0}}}));
  EXPECT_EQ(get(crops, "/images?predictions=crops:/found")["total"], 12);
  EXPECT_EQ(files("&category=0"), "a_1.png b_1.png a_1000_0.png a_70_0.png ");
  EXPECT_EQ(files("&category=2&minScore=0.75"), "a_0.png a_1000_3.png a_70_3.png ");
  EXPECT_EQ(files("&minScore=0.75"), "a_0.png a_1.png a_1000_3.png a_70_3.png ");
  const json crop = get(crops, "/images")["images"][4];
  EXPECT_EQ(crop["shows"]["set"], "crops:/found");
  EXPECT_EQ(crop["shows"]["cutFrom"]["predictions"], "1000/found");
}

TEST_F(WebCrops, of_another_task_are_a_set_of_their_own) {
  add_task(images, "1000", "hand", "zz parts");
  add_task(images, "1000", "hand", "parts");
  add_task(images, "2000");
  add("a_2.png", 1000, 2, 0.9, "parts");
  add("a_3.png", 1000, 2, 0.9, "unheard of");
  const auto ids = [&] {
    std::string joined;
    const json overview = get(crops, "");
    for (const json& set : overview["predictions"]) joined += set["id"].get<std::string>() + " ";
    return joined;
  };
  EXPECT_EQ(ids(), "crops:/found crops:/parts crops:/unheard of ") << "the newest first, unknown ones last";
  add_task(images, "3000", "hand", "parts");
  EXPECT_EQ(ids(), "crops:/parts crops:/found crops:/unheard of ");
  EXPECT_EQ(get(crops, "/images?predictions=crops:/parts&category=2")["total"], 1);
  add("a_2.png", 3000, 2, 0.9);
  EXPECT_EQ(get(crops, "/images?predictions=crops:/parts&category=2")["total"], 0) << "it is of the other task now";
  EXPECT_EQ(files("&category=2"), "a_0.png b_0.png a_2.png ");
}

// Predictions for the crops themselves are another thing.
TEST_F(WebCrops, may_have_predictions_of_their_own) {
  add_task(crops, "5");
  server.post("/v1/datasets/" + crops + "/predictions/samples/" + samples[0] + "?predictionUUIDTimestamp=5",
              json::array({{{"type", "OBJECT_DETECTION"}, {"taskName", "found"}, {"categoryId", 2}, {"score", 0.1}}}));
  EXPECT_EQ(files("&category=2"), "a_0.png b_0.png ");
  EXPECT_EQ(get(crops, "/images?predictions=5/found&category=2")["images"].size(), 1u);
  EXPECT_EQ(get(crops, "")["predictions"].size(), 2u);
}

TEST_F(WebCrops, are_named_by_the_objects_of_the_image) {
  const json object = {
      {"type", "OBJECT_DETECTION"}, {"taskName", "found"},    {"categoryId", 2},           {"score", 0.9},
      {"bbox", {1, 2, 3, 4}},       {"cropDatasetId", crops}, {"cropSampleId", samples[0]}};
  const std::string target =
      "/v1/datasets/" + images + "/predictions/samples/" + parents[0] + "?predictionUUIDTimestamp=5";
  ASSERT_EQ(server.post(target, json::array({object})).status, 201);
  EXPECT_EQ(get(images, "/images?predictions=5/found")["images"][0]["objects"][0]["crop"],
            (json{{"dataset", crops}, {"image", samples[0]}}));
}

TEST_F(WebCrops, one_image_can_be_asked_for_if_it_is_of_the_dataset) {
  const json answer = get(images, "/images?image=" + parents[1]);
  ASSERT_EQ(answer["images"].size(), 1u);
  EXPECT_EQ(answer["images"][0]["fileName"], "b.png");
  EXPECT_EQ(answer["total"], 1);
  for (const std::string& other : {samples[0], std::string(24, 'a')}) {
    EXPECT_EQ(server.get("/web/api/datasets/" + images + "/images?image=" + other).status, 404);
  }
}

// Builds before this one took any object as cropData.
TEST_F(WebCrops, of_earlier_builds_may_say_anything) {
  {
    const auto sql = server.context->database().connect();
    Record sample = **find(**sql, Table::kSamples, samples[0]);
    sample.document["cropData"] = {{"parentId", 7}};
    ASSERT_TRUE(update(**sql, Table::kSamples, sample).ok());
  }
  EXPECT_FALSE(get(crops, "/images")["images"][0].contains("shows"));
  EXPECT_EQ(add("a_0.png", 5, 2, 0.9), samples[0]);
}

}  // namespace
}  // namespace pretag
