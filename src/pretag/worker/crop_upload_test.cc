#include "pretag/worker/crop_upload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "pretag/image/decode.h"
#include "support/memory_file_system.h"
#include "support/scripted_http_client.h"
#include "support/test_images.h"

namespace pretag {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kFirst[] = "sub/a-png-task-000.png", kSecond[] = "sub/a-png-task-001.png",
               kThird[] = "b-jpg-task-000.png";

// Pictures of 40 x 30 pixels; those in `failures` cannot be read.
class Pictures : public Source {
 public:
  std::string description() const override { return "pictures in memory"; }
  Status list(const Visit&, const Skip&) const override { return {}; }
  Result<std::vector<std::byte>> read(const std::string& key) const override {
    opened.push_back(key);
    const auto failure = failures.find(key);
    if (failure != failures.end()) return Error{failure->second, "no such luck"};
    return make_png(make_picture(40, 30));
  }

  std::map<std::string, ErrorCode> failures;
  mutable std::vector<std::string> opened;
};

// A server that has the images of the dataset d as samples, and whatever becomes of their crops.
class CropUploadTest : public ::testing::Test {
 protected:
  CropUploadTest() {
    objects.task = "task";
    objects.classes = {{.name = "car"}, {.name = "person"}};
    objects.selected = {object("sub/a.png", 1, "car", 0.5F, {10, 5, 30, 25}),
                        object("b.jpg", 0, "person", 0.75F, {0, 0, 8, 16}),
                        object("sub/a.png", 0, "person", 0.875F, {2, 3, 6, 10})};
    files.add("/run/crops.csv", "filenames,embedding_0,labels\n" + std::string(kThird) + ",1,0\n");
  }

  static SelectedObject object(const std::string& image, int64_t index, const std::string& label, float score,
                               const Box& box) {
    return {.filename = image,
            .index = index,
            .label = label,
            .score = score,
            .box_in_image = box,
            .width = 40,
            .height = 30};
  }

  Result<std::unordered_map<std::string, CropsOfSample>> upload(int64_t created_at = 1000) {
    JobReporter reporter(api, "r");
    const UploadTools tools{api, files, reporter, cancel};
    const RunRecord run{"r" + std::to_string(created_at), "STARTED", created_at};
    RunDataset images(tools, "d", run);
    EXPECT_TRUE(images.list().ok());
    ThumbnailWriter thumbnails(files, {"/lightly", thumb_suffix}, reporter);
    auto uploaded = upload_crops(tools,
                                 {.objects = objects,
                                  .images = images,
                                  .name = "d-crops",
                                  .embeddings = "/run/crops.csv",
                                  .source = source,
                                  .max_image_pixels = 1 << 20},
                                 thumbnails);
    EXPECT_TRUE(reporter.flush().ok());
    return uploaded;
  }

  HttpAnswer answer(const HttpCall& call) {
    const std::string path = call.url.substr(13, call.url.find('?') - 13);  // behind http://server
    const json body = json::parse(call.body, nullptr, false);
    const bool ids = call.url.find("field=_id") != std::string::npos;
    if (path == "/v1/datasets/query/name/d-crops") return {200, datasets.dump(), 0};
    if (path == "/v1/datasets") return create_dataset(body);
    if (path == "/v1/datasets/d/mappings") return {200, ids ? R"(["1a", "1b"])" : R"(["b.jpg", "sub/a.png"])", 0};
    if (path == "/v1/datasets/c/mappings") return list_crops(ids);
    if (path == "/v1/datasets/c/samples/many") return put_crops(body["samples"]);
    if (path == "/v1/datasets/c/samples/withWriteUrls") return add_crop(body);
    if (path.starts_with("/v1/datasets/c/samples/")) return crop(call.method, path, body);
    if (path == "/v1/datasets/c/tags" && call.method == "GET") return {200, tags.dump(), 0};
    if (path.starts_with("/v1/datasets/c/tags")) return add_tag(body);
    if (path == "/v1/datasets/c/embeddings") return {200, embeddings.dump(), 0};
    if (path.ends_with("/writeCSVUrl")) return new_embeddings(call.url);
    if (path.ends_with("/isProcessed")) embeddings[0].update({{"isProcessed", true}, {"rows", body["rowCount"]}});
    if (path == "/v1/docker/runs/r/logs") log += call.body;
    return {204, "", 0};
  }
  HttpAnswer create_dataset(const json& body) {
    before_dataset();
    if (!datasets.empty()) return {409, R"({"code": "DATASET_NAME_EXISTS", "error": "there is one"})", 0};
    datasets.push_back(body);
    datasets[0]["id"] = "c";
    return {201, R"({"id": "c"})", 0};
  }
  HttpAnswer add_tag(const json& body) {
    const json tag = {{"id", "t"},
                      {"name", body.value("name", body.value("upsizeTagName", ""))},
                      {"runId", body["runId"]},
                      {"totSize", crops.size()},
                      {"bits", body.value("bitMaskData", "")}};
    tags.insert(tags.begin(), tag);
    return {201, R"({"id": "t"})", 0};
  }
  HttpAnswer new_embeddings(const std::string& url) {
    const size_t name = url.find("name=") + 5;
    embeddings = json::array({{{"id", "e"}, {"name", url.substr(name, url.find('&', name) - name)}}});
    return {200, R"({"embeddingId": "e", "signedWriteUrl": "http://server/e"})", 0};
  }
  HttpAnswer list_crops(bool ids) {
    json list = json::array();
    for (size_t i = 0; i < crops.size(); ++i) list.push_back(ids ? json(std::to_string(i)) : crops[i]["fileName"]);
    return {200, list.dump(), 0};
  }
  HttpAnswer put_crops(const json& bodies) {
    if (!takes_many) return {404, R"({"code": "NOT_FOUND", "error": "no such call"})", 0};
    for (const json& body : bodies) {
      const auto same =
          std::ranges::find_if(crops, [&](const json& crop) { return crop["fileName"] == body["fileName"]; });
      if (same != crops.end()) {
        same->update(body);
      } else {
        crops.push_back(body);
      }
    }
    return {201, R"({"ids": []})", 0};
  }
  HttpAnswer add_crop(const json& body) {
    crops.push_back(body);
    return {201, R"({"id": "new"})", 0};
  }
  HttpAnswer crop(const std::string& method, const std::string& path, const json& body) {
    json& known = crops[std::stoul(path.substr(path.rfind('/') + 1))];
    if (method == "PUT") known.update(body);
    return {200, known.dump(), 0};
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const json& crop : crops) names.push_back(crop["fileName"]);
    return names;
  }
  // Width and height of a picture of the LIGHTLY datasource; 0 where there is none.
  std::pair<int, int> size_of(const std::string& path) {
    const auto bytes = files.read("/lightly/.lightly/" + path, 1 << 20);
    const auto image = bytes ? decode_image(*bytes) : Result<Image>(bytes.error());
    return image ? std::pair(image->width, image->height) : std::pair(0, 0);
  }

  MemoryFileSystem files;
  Pictures source;
  ObjectSelection objects;
  std::string thumb_suffix = ".lightly/thumbnails/[filename]_thumb.[extension]";
  json datasets = json::array(), tags = json::array(), embeddings = json::array();
  std::vector<json> crops;
  bool takes_many = true;
  std::string log;
  std::function<void()> before_dataset = [] {};
  std::atomic<bool> cancel = false;
  ScriptedHttpClient http{[this](const HttpCall& call) -> Result<HttpAnswer> { return answer(call); }};
  ApiTransport transport{
      http, {.location = "http://server", .token = "t"}, {}, [](double) { return false; }, [](auto&) {}};
  ApiClient api{transport};
};

TEST_F(CropUploadTest, CropsBecomeSamplesThatKnowTheirPredictions) {
  const auto uploaded = upload();
  ASSERT_TRUE(uploaded.ok()) << uploaded.error().message;
  EXPECT_EQ(datasets[0]["type"], "Crops");
  EXPECT_EQ(datasets[0]["parentDatasetId"], "d");
  EXPECT_THAT(names(), ElementsAre(kThird, kFirst, kSecond));
  EXPECT_THAT(source.opened, ElementsAre("b.jpg", "sub/a.png"));
  EXPECT_EQ(crops[2]["cropData"], json::parse(R"({"parentId": "1b", "predictionUUIDTimestamp": 1000,
      "predictionIndex": 1, "predictionTaskName": "task", "predictionTaskCategoryId": 0,
      "predictionTaskScore": 0.5})"));
  EXPECT_EQ(crops[2]["metaData"]["shape"], json({20, 20, 3}));
  EXPECT_GT(crops[2]["metaData"]["luminance"], 0);
  EXPECT_EQ(crops[2]["metaData"]["sizeInBytes"],
            files.text("/lightly/.lightly/crops/c/" + std::string(kSecond)).size());
  EXPECT_EQ(crops[2]["thumbName"], ".lightly/thumbnails/c/sub/a-png-task-001_thumb.png");
  EXPECT_EQ(size_of(std::string("crops/c/") + kSecond), std::pair(20, 20));
  EXPECT_EQ(size_of(std::string("crops/c/") + kThird), std::pair(8, 16));
  EXPECT_EQ(size_of("thumbnails/c/sub/a-png-task-001_thumb.png"), std::pair(20, 20));
  ASSERT_EQ(tags.size(), 1u);
  EXPECT_EQ(tags[0]["name"], "initial-tag");
  EXPECT_EQ(embeddings[0]["name"], "default_r1000");
  EXPECT_EQ(embeddings[0]["rows"], 1);
  ASSERT_EQ(uploaded->size(), 2u);
  const CropsOfSample& of_a = uploaded->at("sub/a.png");
  EXPECT_EQ(of_a.dataset_id, "c");
  EXPECT_EQ(of_a.sample_ids, (std::map<int64_t, std::string>{{0, "1"}, {1, "2"}}));
}

TEST_F(CropUploadTest, CropsThatTheServerHasAreNotSentAgain) {
  ASSERT_TRUE(upload().ok());
  const auto before = crops;
  source.opened.clear();
  const size_t calls = http.calls().size();
  const auto again = upload();
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(again->size(), 2u);
  EXPECT_THAT(source.opened, IsEmpty());
  EXPECT_EQ(crops, before);
  for (size_t i = calls; i < http.calls().size(); ++i) {
    const HttpCall call = http.calls()[i];
    EXPECT_TRUE(call.method == "GET" || call.url.find("/samples") == std::string::npos) << call.method << call.url;
  }
}

TEST_F(CropUploadTest, WhatIsMissingIsAdded) {
  ObjectSelection all = objects;
  objects.selected.resize(1);
  ASSERT_TRUE(upload().ok());
  const json first = crops[0];
  objects = all;
  source.opened.clear();
  const auto later = upload(2000);
  ASSERT_TRUE(later.ok()) << later.error().message;
  EXPECT_THAT(names(), ElementsAre(kSecond, kThird, kFirst));
  for (const json& crop : crops) EXPECT_EQ(crop["cropData"]["predictionUUIDTimestamp"], 2000);
  EXPECT_EQ(crops[0]["metaData"], first["metaData"]);
  EXPECT_EQ(crops[0]["thumbName"], first["thumbName"]);
  EXPECT_EQ(tags[0]["name"], "run-r2000");
  EXPECT_EQ(tags[0]["bits"], "0x7");
  EXPECT_EQ(later->at("sub/a.png").sample_ids.size(), 2u);
}

TEST_F(CropUploadTest, ACropIsReplacedWhereItsNameIsNowAnotherObjects) {
  ASSERT_TRUE(upload().ok());
  objects.selected[0] = object("sub/a.png", 1, "person", 0.25F, {0, 0, 12, 6});
  const auto later = upload(2000);
  ASSERT_TRUE(later.ok()) << later.error().message;
  EXPECT_THAT(names(), ElementsAre(kThird, kFirst, kSecond));
  EXPECT_EQ(crops[2]["cropData"]["predictionUUIDTimestamp"], 2000);
  EXPECT_EQ(crops[2]["cropData"]["predictionTaskCategoryId"], 1);
  EXPECT_EQ(crops[2]["metaData"]["shape"], json({6, 12, 3}));
  EXPECT_EQ(size_of(std::string("crops/c/") + kSecond), std::pair(12, 6));
  EXPECT_THAT(source.opened, ElementsAre("b.jpg", "sub/a.png", "b.jpg", "sub/a.png")) << "all are made anew";
  EXPECT_THAT(log, AllOf(HasSubstr("WARNING"), HasSubstr("1 earlier crop is replaced")));
}

TEST_F(CropUploadTest, ACropOfARunThatBeganAnewIsReplacedWhereItIsAnotherObjectsNow) {
  ASSERT_TRUE(upload().ok());
  objects.selected[0] = object("sub/a.png", 1, "person", 0.25F, {0, 0, 12, 6});
  source.opened.clear();
  ASSERT_TRUE(upload().ok());
  EXPECT_EQ(crops[2]["cropData"]["predictionTaskCategoryId"], 1);
  EXPECT_EQ(crops[2]["metaData"]["shape"], json({6, 12, 3}));
  EXPECT_EQ(size_of(std::string("crops/c/") + kSecond), std::pair(12, 6));
  EXPECT_THAT(source.opened, ElementsAre("sub/a.png")) << "the others are as they were";
}

TEST_F(CropUploadTest, AServerThatDoesNotTakeManySamplesIsToldOfOneAfterTheOther) {
  takes_many = false;
  ASSERT_TRUE(upload().ok());
  ASSERT_TRUE(upload(2000).ok());
  EXPECT_THAT(names(), ElementsAre(kThird, kFirst, kSecond));
  for (const json& crop : crops) EXPECT_EQ(crop["cropData"]["predictionUUIDTimestamp"], 2000);
}

TEST_F(CropUploadTest, ManyCropsAreAddedSomeAtOnceAndInTheirOrder) {
  objects.selected.clear();
  for (int64_t i = 0; i < 300; ++i) {
    objects.selected.push_back(object("b.jpg", i, "car", 0.5F, {0, 0, 1 + static_cast<float>(i % 30), 8}));
  }
  const auto uploaded = upload();
  ASSERT_TRUE(uploaded.ok()) << uploaded.error().message;
  ASSERT_EQ(crops.size(), 300u);
  for (int64_t i = 0; i < 300; ++i) {
    EXPECT_EQ(crops[i]["cropData"]["predictionIndex"], i);
    EXPECT_EQ(size_of("crops/c/" + crops[i]["fileName"].get<std::string>()),
              std::pair(static_cast<int>(1 + i % 30), 8));
  }
}

// Neither class nor score nor size tells.
TEST_F(CropUploadTest, ACropShowsItsBoxAlsoWhereThatHasOnlyMoved) {
  ASSERT_TRUE(upload().ok());
  const std::string before = files.text("/lightly/.lightly/crops/c/" + std::string(kSecond));
  Box& box = objects.selected[0].box_in_image;
  box = {box.x1 + 5, box.y1, box.x2 + 5, box.y2};
  ASSERT_TRUE(upload(2000).ok());
  EXPECT_NE(files.text("/lightly/.lightly/crops/c/" + std::string(kSecond)), before);
  EXPECT_THAT(log, testing::Not(HasSubstr("replaced")));
}

TEST_F(CropUploadTest, ARunThatIsOlderDoesNotTakeACropBack) {
  ASSERT_TRUE(upload(2000).ok());
  ASSERT_TRUE(upload(1000).ok());
  for (const json& crop : crops) EXPECT_EQ(crop["cropData"]["predictionUUIDTimestamp"], 2000);
}

TEST_F(CropUploadTest, WhatCannotBeCutAnyMoreIsAWarningAndNoSample) {
  source.failures["b.jpg"] = ErrorCode::kNotFound;
  objects.selected[2].width = 41;
  const auto uploaded = upload();
  ASSERT_TRUE(uploaded.ok()) << uploaded.error().message;
  EXPECT_THAT(names(), ElementsAre(kSecond));
  EXPECT_THAT(log, AllOf(HasSubstr("b.jpg: 1 object is not cut out: no such luck"),
                         HasSubstr("sub/a.png: 1 object is not cut out: it has 40x30 pixels now")));
  ASSERT_EQ(uploaded->size(), 1u);
  EXPECT_EQ(uploaded->at("sub/a.png").sample_ids.size(), 1u);
}

TEST_F(CropUploadTest, ABucketThatIsAwayIsNoReasonToGoOn) {
  source.failures["b.jpg"] = ErrorCode::kUnavailable;
  const auto uploaded = upload();
  ASSERT_FALSE(uploaded.ok());
  EXPECT_EQ(uploaded.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(CropUploadTest, ObjectsOfImagesThatAreNoSamplesAreLeftOut) {
  objects.selected[1].filename = "line\nbreak.jpg";
  const auto uploaded = upload();
  ASSERT_TRUE(uploaded.ok()) << uploaded.error().message;
  EXPECT_THAT(names(), ElementsAre(kFirst, kSecond));
  EXPECT_FALSE(uploaded->contains("line\nbreak.jpg"));
}

TEST_F(CropUploadTest, TheDatasetMayBeMadeByAnotherJobOrBeAnotherOne) {
  before_dataset = [&] {
    datasets.push_back({{"id", "c"}, {"name", "d-crops"}, {"type", "Crops"}, {"parentDatasetId", "d"}});
  };
  ASSERT_TRUE(upload().ok());
  EXPECT_EQ(crops.size(), 3u);
  datasets[0]["parentDatasetId"] = "e";
  const auto refused = upload();
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr("object_level.crop_dataset_name"));
}

TEST_F(CropUploadTest, StopsOnRequest) {
  cancel = true;
  const auto uploaded = upload();
  ASSERT_FALSE(uploaded.ok());
  EXPECT_EQ(uploaded.error().code, ErrorCode::kCancelled);
  EXPECT_THAT(names(), IsEmpty());
}

}  // namespace
}  // namespace pretag
