// Datasets of crops: made by a run beside the dataset of the images, whose data source has their pictures.
#include "pretag/server/crops.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "pretag/server/test_server.h"

namespace pretag {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class Crops : public ::testing::Test {
 protected:
  Crops() {
    set_datasource("INPUT", "in");
    set_datasource("LIGHTLY", "out");
  }

  std::string new_crops(const std::string& name, const std::string& parent, const std::string& token) {
    return server.post("/v1/datasets", {{"name", name}, {"type", "Crops"}, {"parentDatasetId", parent}}, token).id();
  }
  void set_datasource(const char* purpose, const char* folder) {
    EXPECT_EQ(server
                  .put("/v1/datasets/" + images + "/datasource", {{"type", "LOCAL"},
                                                                  {"purpose", purpose},
                                                                  {"fullPath", folder},
                                                                  {"webServerLocation", "http://localhost:3456"}})
                  .status,
              204);
  }
  void share(const std::string& dataset, const std::string& owner, const std::string& user) {
    EXPECT_EQ(server
                  .post("/v1/datasets/" + dataset + "/collaboration/access",
                        {{"accessType", "WRITE"}, {"users", json::array({user})}}, owner)
                  .status,
              201);
  }
  json crop_data() const {
    return {{"parentId", image},
            {"predictionUUIDTimestamp", 5},
            {"predictionIndex", 0},
            {"predictionTaskName", "found"},
            {"predictionTaskCategoryId", 2},
            {"predictionTaskScore", 0.9}};
  }
  Answer add_crop(const json& data, const std::string& file = "a_crop.png") {
    return server.post("/v1/datasets/" + crops + "/samples/withWriteUrls",
                       {{"fileName", file}, {"thumbName", ".lightly/thumbnails/a_crop_thumb.png"}, {"cropData", data}});
  }
  // What every way to a picture says to this user: the sample's two links, the page's, an export's.
  std::vector<std::string> links(const std::string& dataset, const std::string& sample, const std::string& token) {
    std::vector<std::string> all;
    for (const char* type : {"full", "thumbnail"}) {
      const Answer answer =
          server.get(fmt::format("/v1/datasets/{}/samples/{}/readurl?type={}", dataset, sample, type), token);
      all.push_back(answer.status == 200 ? answer.json.get<std::string>() : "");
    }
    const json shown = server.get("/web/api/datasets/" + dataset + "/images", token).json["images"][0];
    all.push_back(shown["url"]);
    if (!shown["thumbnail"].is_null()) all.push_back(shown["thumbnail"]["url"]);
    const json tags = server.get("/v1/datasets/" + dataset + "/tags", token).json;
    all.push_back(server
                      .get("/v1/datasets/" + dataset + "/tags/" + tags[0]["id"].get<std::string>() +
                               "/export/basic/filenames?fileNameFormat=REDIRECTED_READ_URL",
                           token)
                      .json);
    return all;
  }

  TestServer server;
  std::string images = server.new_dataset("street");
  std::string image = server.new_sample(images, "a.png");
  std::string crops = new_crops("street-crops", images, server.anna);
  std::string picture = "http://localhost:3456/out/.lightly/crops/" + crops + "/a_crop.png";
};

constexpr char kThumbnail[] = "http://localhost:3456/out/.lightly/thumbnails/a_crop_thumb.png";

TEST_F(Crops, a_dataset_tells_what_it_was_cut_from) {
  const json data = server.get("/v1/datasets/" + crops).json;
  EXPECT_EQ(data["type"], "Crops");
  EXPECT_EQ(data["parentDatasetId"], images);
  EXPECT_EQ(server.get("/v1/datasets").json[1]["parentDatasetId"], images);
  EXPECT_EQ(server.get("/v1/datasets/query/name/street-crops?exact=True").json[0]["parentDatasetId"], images);
  EXPECT_FALSE(server.get("/v1/datasets/" + images).json.contains("parentDatasetId"));
}

TEST_F(Crops, are_cut_from_a_dataset_that_their_user_may_see_and_that_has_images) {
  const auto create = [&](const std::string& parent, const std::string& token) {
    return server.post("/v1/datasets", {{"name", "more"}, {"type", "Crops"}, {"parentDatasetId", parent}}, token);
  };
  const Answer foreign = create(images, server.ben), missing = create(std::string(24, 'a'), server.anna);
  EXPECT_EQ(foreign.status, 404);
  EXPECT_EQ(foreign.json["code"], "DATASET_UNKNOWN");
  EXPECT_THAT(foreign.text, HasSubstr("'parentDatasetId'"));
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.json["error"], foreign.json["error"]) << "whether it exists is nobody's business";
  EXPECT_EQ(create("street", server.anna).status, 400);
  EXPECT_THAT(create(crops, server.anna).text, HasSubstr("is one of crops itself"));
  EXPECT_EQ(server.get("/v1/datasets/query/name/more?exact=True", server.ben).json, json::array());
  share(images, server.anna, "ben@example.org");
  EXPECT_EQ(create(images, server.ben).status, 201);
}

TEST_F(Crops, have_their_pictures_in_the_lightly_data_source_of_the_images) {
  const std::string sample = add_crop(crop_data()).id();
  const std::string tag = server.post("/v1/datasets/" + crops + "/tags/initial", {{"imgType", "full"}}).id();
  EXPECT_EQ(links(crops, sample, server.anna), (std::vector<std::string>{picture, kThumbnail, picture, picture}));
  EXPECT_EQ(
      server.get("/v1/datasets/" + crops + "/tags/" + tag + "/export/basic/filenames?fileNameFormat=DATASOURCE_FULL")
          .json,
      "out/.lightly/crops/" + crops + "/a_crop.png");
  const json write = add_crop(crop_data()).json;
  EXPECT_EQ(write["id"], sample);
  EXPECT_EQ(server.follow("PUT", write["sampleWriteUrls"]["full"], "pixels").status, 200);
  EXPECT_EQ(server.follow("GET", links(crops, sample, server.anna)[0]).text, "pixels")
      << "what was uploaded comes first";
}

TEST_F(Crops, have_their_pictures_with_the_images_where_these_have_one_data_source) {
  images = server.new_dataset("square");
  image = server.new_sample(images, "a.png");
  set_datasource("INPUT", "in");
  crops = new_crops("square-crops", images, server.anna);
  const std::string sample = add_crop(crop_data()).id();
  ASSERT_EQ(server.post("/v1/datasets/" + crops + "/tags/initial", {{"imgType", "full"}}).status, 201);
  for (const std::string& link : links(crops, sample, server.anna)) {
    EXPECT_THAT(link, testing::StartsWith("http://localhost:3456/in/.lightly/"));
  }
}

TEST_F(Crops, have_no_data_source_of_their_own) {
  const std::string path = "/v1/datasets/" + crops + "/datasource";
  const Answer answer = server.put(path, {{"type", "LOCAL"}, {"purpose", "LIGHTLY"}, {"fullPath", "elsewhere"}});
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.text, HasSubstr("the dataset that they were cut from"));
  EXPECT_EQ(server.get(path).status, 404);
  for (const char* rest : {"/fileHEAD?fileName=a.png", "/readurlRedirect?path=a.png", "/list"}) {
    EXPECT_EQ(server.get(path + rest).status, 404) << rest;
  }
}

TEST_F(Crops, without_a_parent_are_a_dataset_like_others) {
  const std::string own = server.post("/v1/datasets", {{"name", "cuttings"}, {"type", "Crops"}}).id();
  const std::string path = "/v1/datasets/" + own;
  EXPECT_EQ(server.put(path + "/datasource", {{"type", "LOCAL"}, {"purpose", "INPUT"}, {"fullPath", "cut"}}).status,
            204);
  const std::string sample = server.new_sample(own, "a.png");
  EXPECT_EQ(server.get(path + "/samples/" + sample + "/readurl").json, "http://localhost:3456/cut/a.png");
}

// Whoever may see the crops only gets at what was uploaded as theirs, at no file of the images' data source.
TEST_F(Crops, that_are_shared_without_their_images_have_no_pictures) {
  const std::string sample = add_crop(crop_data()).id();
  server.post("/v1/datasets/" + crops + "/tags/initial", {{"imgType", "full"}});
  share(crops, server.anna, "ben@example.org");
  EXPECT_EQ(links(crops, sample, server.ben), (std::vector<std::string>(4, "")));
  EXPECT_EQ(server.get("/web/api/datasets/" + crops, server.ben).json["parent"], nullptr);
  EXPECT_EQ(server.get("/v1/datasets/" + images + "/samples", server.ben).status, 404);
  share(images, server.anna, "ben@example.org");
  EXPECT_EQ(links(crops, sample, server.ben)[0], picture);
  share(images, server.anna, "somebody@example.org");
  EXPECT_EQ(links(crops, sample, server.ben)[0], "") << "no longer shared";
  EXPECT_EQ(links(crops, sample, server.anna)[0], picture);
}

// Ben may see the images when he makes crops of them, and not afterwards.
TEST_F(Crops, do_not_keep_a_way_to_images_that_are_no_longer_shared) {
  share(images, server.anna, "ben@example.org");
  const std::string of_ben = new_crops("mine", images, server.ben);
  const std::string path = "/v1/datasets/" + of_ben + "/samples";
  const std::string sample =
      server.post(path + "/withWriteUrls", {{"fileName", "x.png"}, {"thumbName", "secret.png"}}, server.ben).id();
  const auto link = [&](const char* type) {
    return server.get(path + "/" + sample + "/readurl?type=" + type, server.ben).status;
  };
  EXPECT_EQ(link("full"), 200);
  share(images, server.anna, "somebody@example.org");
  EXPECT_EQ(link("full"), 404);
  EXPECT_EQ(link("thumbnail"), 404);
}

TEST_F(Crops, stay_when_their_images_are_deleted_without_pictures) {
  const std::string sample = add_crop(crop_data()).id();
  server.post("/v1/datasets/" + crops + "/tags/initial", {{"imgType", "full"}});
  EXPECT_EQ(server.call("DELETE", "/v1/datasets/" + images).status, 204);
  EXPECT_EQ(server.get("/v1/datasets/" + crops).json["nSamples"], 1);
  EXPECT_EQ(links(crops, sample, server.anna), (std::vector<std::string>(4, "")));
  const json overview = server.get("/web/api/datasets/" + crops).json;
  EXPECT_EQ(overview["parent"], nullptr);
  EXPECT_EQ(overview["predictions"][0]["categories"], json::array()) << "the names went with the images";
  EXPECT_EQ(server.new_job(crops), "");
  EXPECT_EQ(server.call("DELETE", "/v1/datasets/" + crops).status, 204);
}

TEST_F(Crops, are_deleted_without_their_images) {
  EXPECT_EQ(server.call("DELETE", "/v1/datasets/" + crops).status, 204);
  EXPECT_EQ(server.get("/v1/datasets/" + images).json["nSamples"], 1);
}

TEST_F(Crops, are_not_what_runs_are_scheduled_on) {
  const std::string config = server.post("/v1/docker/worker/config/v3", {{"config", {{"workerType", "FULL"}}}}).id();
  const auto schedule = [&](const std::string& token) {
    return server.post("/v1/datasets/" + crops + "/docker/worker/schedule", {{"configId", config}}, token);
  };
  const Answer answer = schedule(server.anna);
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.text, HasSubstr("'street' (" + images + ")"));
  share(crops, server.anna, "ben@example.org");
  EXPECT_EQ(schedule(server.ben).status, 400);
  EXPECT_EQ(schedule(server.ben).text.find("street"), std::string::npos) << "a dataset that he may not see";
}

TEST_F(Crops, say_of_what_they_are_in_exactly_these_words) {
  const json right = crop_data();
  json told = right;
  told["of later versions"] = 1;
  const std::string id = add_crop(told).id();
  const json sample = server.get("/v1/datasets/" + crops + "/samples/" + id).json;
  EXPECT_EQ(sample["type"], "CROP");
  EXPECT_EQ(sample["cropData"], right) << "clients refuse further keys";
  for (const std::string& key : keys_of(right)) {
    json without = right;
    without.erase(key);
    const Answer answer = add_crop(without);
    EXPECT_EQ(answer.status, 400) << key;
    EXPECT_EQ(answer.json["error"], "in 'cropData', '" + key + "' is missing");
  }
  for (const auto& [key, wrong] : std::map<std::string, json>{{"parentId", "a.png"},
                                                              {"predictionUUIDTimestamp", -1},
                                                              {"predictionIndex", 1.5},
                                                              {"predictionTaskName", ""},
                                                              {"predictionTaskCategoryId", "2"},
                                                              {"predictionTaskScore", 1.01}}) {
    json data = right;
    data[key] = wrong;
    const Answer answer = add_crop(data);
    EXPECT_EQ(answer.status, 400) << key;
    EXPECT_THAT(answer.text, HasSubstr("in 'cropData', '" + key + "' must"));
    EXPECT_EQ(server.put("/v1/datasets/" + crops + "/samples/" + id, {{"cropData", data}}).status, 400) << key;
  }
  EXPECT_EQ(add_crop(json::array()).status, 400);
  EXPECT_EQ(server.get("/v1/datasets/" + crops).json["nSamples"], 1);
}

}  // namespace
}  // namespace pretag
