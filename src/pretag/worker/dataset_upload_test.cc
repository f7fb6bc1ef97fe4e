#include "pretag/worker/dataset_upload.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "pretag/formats/selection_file.h"
#include "pretag/run/run_folder.h"
#include "pretag/store/ledger.h"
#include "support/scripted_http_client.h"
#include "support/temporary_folder.h"
#include "support/test_images.h"

namespace pretag {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class Pictures : public Source {
 public:
  std::string description() const override { return "pictures in memory"; }
  Status list(const Visit&, const Skip&) const override { return {}; }
  Result<std::vector<std::byte>> read(const std::string& key) const override {
    if (key == "119.png") return Error{ErrorCode::kNotFound, "gone"};
    if (key == "away.png") return Error{ErrorCode::kUnavailable, "the bucket does not answer"};
    return make_png(make_picture(8, 8));
  }
};

// A run folder, and a server that has the dataset d and, as other jobs add to it as well, may be told to change at
// certain calls.
class DatasetUploadTest : public ::testing::Test {
 protected:
  void record(const std::vector<std::string>& filenames, uint64_t bytes = 100) {
    auto ledger = Ledger::open(folder / kLedgerFile);
    ASSERT_TRUE(ledger.ok()) << ledger.error().message;
    std::vector<ImageResult> results;
    for (const std::string& filename : filenames) {
      ImageResult& result = results.emplace_back();
      result.info.filename = filename;
      result.info.width = result.info.height = 8;
      result.info.bytes = bytes;
      result.info.quality.sharpness = 0.1f;
    }
    ASSERT_TRUE((*ledger)->record(results, {}).ok());
  }

  // 120 images, of which the last one cannot be read any more.
  std::vector<std::string> record_many() {
    std::vector<std::string> names;
    for (int i = 0; i < 120; ++i) names.push_back(fmt::format("{:03}.png", i));
    record(names);
    return names;
  }
  DatasetUpload with_thumbnails() const {
    DatasetUpload upload;
    upload.source = &pictures;
    upload.thumbnails = {folder.path(), "thumbs/[filename].[extension]"};
    return upload;
  }
  int calls_of(const std::string& path) const {
    int count = 0;
    for (const HttpCall& call : http.calls()) count += call.url.find(path) != std::string::npos ? 1 : 0;
    return count;
  }

  Status upload(DatasetUpload upload = {}) {
    upload.dataset_id = "d";
    upload.run_folder = folder.path();
    upload.run.id = "r";
    upload.config.pretagging = false;
    JobReporter reporter(api, "r");
    Status status = upload_dataset(api, local_file_system(), upload, reporter, cancel);
    EXPECT_TRUE(reporter.flush().ok());
    return status;
  }

  HttpAnswer answer(const HttpCall& call) {
    const std::string path = call.url.substr(13, call.url.find('?') - 13);  // behind http://server
    const json body = json::parse(call.body, nullptr, false);
    if (path == "/v1/datasets/d/mappings") return list_samples(call.url.find("field=_id") != std::string::npos);
    if (path == "/v1/datasets/d/samples/many") return add_samples(body["samples"]);
    if (path == "/v1/datasets/d/samples/withWriteUrls") return add_sample(body);
    if (path.starts_with("/v1/datasets/d/samples/id")) return one_sample(call.method, path, body);
    if (path == "/v1/datasets/d/tags" && call.method == "GET") return {200, tags.dump(), 0};
    if (path == "/v1/datasets/d/tags/initial") {
      before_initial_tag();
      if (!tags.empty()) return {400, R"({"code": "TAG_INITIAL_EXISTS", "error": "there is one"})", 0};
      return add_tag("initial-tag", body);
    }
    if (path == "/v1/datasets/d/tags/upsize") return add_tag(body["upsizeTagName"], body);
    if (path == "/v1/datasets/d/tags") return add_tag(body["name"], body);
    if (path == "/v1/docker/runs/r/logs") log += call.body;
    return {204, "", 0};
  }
  HttpAnswer list_samples(bool ids) {
    if (ids) before_ids();
    json list = json::array();
    for (size_t i = 0; i < samples.size(); ++i) list.push_back(ids ? "id" + std::to_string(i) : samples[i]);
    return {200, list.dump(), 0};
  }
  HttpAnswer add_samples(const json& bodies) {
    if (!takes_many) return {no_such_call, R"({"code": "NOT_FOUND", "error": "no such call"})", 0};
    for (const json& body : bodies) {
      if (const HttpAnswer answer = add_sample(body); answer.status != 201) return answer;
    }
    return {201, R"({"ids": []})", 0};
  }
  HttpAnswer add_sample(const json& body) {
    const std::string filename = body["fileName"];
    if (filename.find('\n') != std::string::npos) return {400, R"({"code": "X", "error": "a line break"})", 0};
    facts[filename] = body;
    if (std::ranges::count(samples, filename) > 0) return {201, R"({"id": "known"})", 0};
    samples.push_back(filename);
    thumbnails.push_back(body.value("thumbName", ""));
    return {201, R"({"id": "new"})", 0};
  }
  HttpAnswer one_sample(const std::string& method, const std::string& path, const json& body) {
    const std::string& filename = samples.at(std::stoul(path.substr(std::string("/v1/datasets/d/samples/id").size())));
    if (method == "GET") return {200, facts[filename].dump(), 0};
    facts[filename] = body;
    return {204, "", 0};
  }
  HttpAnswer add_tag(const std::string& name, const json& body) {
    tags.insert(tags.begin(), json{{"id", name},
                                   {"name", name},
                                   {"runId", body["runId"]},
                                   {"prevTagId", body.value("prevTagId", "")},
                                   {"totSize", samples.size()},
                                   {"bitMaskData", body.value("bitMaskData", "")}});
    return {201, R"({"id": "new"})", 0};
  }

  TemporaryFolder folder;
  Pictures pictures;
  std::vector<std::string> samples, thumbnails;
  std::map<std::string, json> facts;  // of samples, by their names
  bool takes_many = true;
  int no_such_call = 404;
  json tags = json::array();  // the newest first
  std::string log;
  std::function<void()> before_ids = [] {}, before_initial_tag = [] {};
  std::atomic<bool> cancel = false;
  ScriptedHttpClient http{[this](const HttpCall& call) -> Result<HttpAnswer> { return answer(call); }};
  ApiTransport transport{
      http, {.location = "http://server", .token = "t"}, {}, [](double) { return false; }, [](auto&) {}};
  ApiClient api{transport};
};

TEST_F(DatasetUploadTest, SamplesThatAnotherJobAddsBetweenTheListsDoNotMatter) {
  record({"a.png", "b.png"});
  samples = {"old.png"};
  add_tag("initial-tag", {{"runId", "earlier"}});
  before_ids = [&] { samples.push_back("other" + std::to_string(samples.size()) + ".png"); };
  const Status uploaded = upload();
  ASSERT_TRUE(uploaded.ok()) << uploaded.error().message;
  EXPECT_THAT(samples, ElementsAre("old.png", "other1.png", "a.png", "b.png", "other4.png"));
  EXPECT_EQ(tags[0]["name"], "run-r");
  EXPECT_EQ(tags[0]["bitMaskData"], "0xc");
}

TEST_F(DatasetUploadTest, AnInitialTagThatAnotherJobMakesFirstIsTheOneToGoOnFrom) {
  record({"a.png"});
  before_initial_tag = [&] {
    samples.push_back("theirs.png");
    add_tag("initial-tag", {{"runId", "theirs"}});
    before_initial_tag = [] {};
  };
  const Status uploaded = upload();
  ASSERT_TRUE(uploaded.ok()) << uploaded.error().message;
  ASSERT_EQ(tags.size(), 2u);
  EXPECT_EQ(tags[0]["name"], "run-r");
}

// Its worker died behind the tags, and images have come since.
TEST_F(DatasetUploadTest, ARunThatIsTakenUpAgainTagsWhatItHasNow) {
  record({"a.png", "b.png"});
  ASSERT_TRUE(upload().ok());
  ASSERT_EQ(tags.size(), 1u);
  add_tag("of-a-user", {{"runId", ""}});
  record({"c.png"});
  const Status uploaded = upload();
  ASSERT_TRUE(uploaded.ok()) << uploaded.error().message;
  ASSERT_EQ(tags.size(), 4u);
  EXPECT_EQ(tags[1]["name"], "after-run-r");
  EXPECT_EQ(tags[0]["name"], "run-r");
  EXPECT_EQ(tags[0]["prevTagId"], "after-run-r");
  EXPECT_EQ(tags[0]["bitMaskData"], "0x7");
}

TEST_F(DatasetUploadTest, ASampleWhoseFileIsAnotherNowIsToldOfAnew) {
  for (const bool many : {true, false}) {
    takes_many = many;
    samples.clear();
    tags.clear();
    record({"a.png", "b.png", "c.png"});
    ASSERT_TRUE(upload(with_thumbnails()).ok());
    const int told = calls_of(many ? "/samples/many" : "/samples/withWriteUrls");
    record({"b.png"}, 200);
    ASSERT_TRUE(local_file_system().remove(folder / "thumbs/a.png").ok());
    ASSERT_TRUE(local_file_system().remove(folder / "thumbs/b.png").ok());
    // What it selects is something else: as of a data pool, of which nothing is selected again.
    Selection selection;
    selection.selected.push_back({"c.png", {}});
    folder.write(kSelectionFile, write_selection(selection));
    DatasetUpload again = with_thumbnails();
    again.has_selection = true;
    const Status uploaded = upload(again);
    ASSERT_TRUE(uploaded.ok()) << uploaded.error().message;
    EXPECT_THAT(samples, ElementsAre("a.png", "b.png", "c.png"));
    EXPECT_EQ(facts["a.png"]["metaData"]["sizeInBytes"], 100);
    EXPECT_EQ(facts["b.png"]["metaData"]["sizeInBytes"], 200);
    EXPECT_EQ(facts["b.png"]["thumbName"], "thumbs/b.png");
    EXPECT_TRUE(local_file_system().exists(folder / "thumbs/b.png"));
    EXPECT_FALSE(local_file_system().exists(folder / "thumbs/a.png")) << "there is nothing new to show";
    EXPECT_EQ(calls_of(many ? "/samples/many" : "/samples/withWriteUrls"), many ? told + 1 : told);
  }
}

TEST_F(DatasetUploadTest, AnImageWithALineBreakInItsNameIsLeftOutWithAWarning) {
  record({"a.png", "b\nc.png", "d.png"});
  samples = {"old.png"};
  add_tag("initial-tag", {{"runId", "earlier"}});
  const Status uploaded = upload();
  ASSERT_TRUE(uploaded.ok()) << uploaded.error().message;
  EXPECT_THAT(samples, ElementsAre("old.png", "a.png", "d.png"));
  EXPECT_EQ(tags[0]["bitMaskData"], "0x6");
  EXPECT_THAT(log, AllOf(HasSubstr("WARNING"), HasSubstr("b?c.png")));
}

TEST_F(DatasetUploadTest, SamplesAreInTheOrderOfTheirNamesWithTheirThumbnails) {
  const std::vector<std::string> names = record_many();
  const Status uploaded = upload(with_thumbnails());
  ASSERT_TRUE(uploaded.ok()) << uploaded.error().message;
  EXPECT_EQ(samples, names);
  for (size_t i = 0; i < 119; ++i) EXPECT_EQ(thumbnails[i], "thumbs/" + names[i]);
  EXPECT_EQ(thumbnails[119], "");
  EXPECT_THAT(log, HasSubstr("No picture of 119.png: gone"));
  EXPECT_EQ(calls_of("/samples/many"), 3);
  EXPECT_EQ(calls_of("/samples/withWriteUrls"), 0);
  EXPECT_TRUE(local_file_system().exists(folder / "thumbs/077.png"));
}

// Later jobs would take them for complete.
TEST_F(DatasetUploadTest, SamplesAreNotSentWithoutPicturesBecauseTheInputIsAway) {
  record({"a.png", "away.png"});
  const Status uploaded = upload(with_thumbnails());
  ASSERT_FALSE(uploaded.ok());
  EXPECT_EQ(uploaded.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(uploaded.error().message, HasSubstr("away.png: the bucket does not answer"));
  EXPECT_THAT(samples, ElementsAre());
}

TEST_F(DatasetUploadTest, AServerThatDoesNotTakeManySamplesIsToldOfOneAfterTheOther) {
  const std::vector<std::string> names = record_many();
  takes_many = false;
  for (const int status : {404, 405}) {
    samples.clear();
    no_such_call = status;
    const Status uploaded = upload(with_thumbnails());
    ASSERT_TRUE(uploaded.ok()) << uploaded.error().message;
    EXPECT_EQ(samples, names);
  }
}

TEST_F(DatasetUploadTest, ThumbnailsThatCannotBeWrittenAreOneWarning) {
  const std::vector<std::string> names = record_many();
  folder.write("thumbs", "a file in the place of the folder");
  const Status uploaded = upload(with_thumbnails());
  ASSERT_TRUE(uploaded.ok()) << uploaded.error().message;
  EXPECT_EQ(samples, names);
  const size_t first = log.find("There will be no thumbnails");
  EXPECT_NE(first, std::string::npos) << log;
  EXPECT_EQ(log.find("There will be no thumbnails", first + 1), std::string::npos) << log;
}

TEST_F(DatasetUploadTest, AFrameWhoseNameIsTooLongForADiskIsASampleWithoutAPicture) {
  const std::string too_long = std::string(245, 'v') + "-0001-mp4.png";
  record({"a-0001-mp4.png", too_long});
  DatasetUpload of_frames = with_thumbnails();
  of_frames.thumbnails.suffix.clear();
  of_frames.of_videos = true;
  const Status uploaded = upload(of_frames);
  ASSERT_TRUE(uploaded.ok()) << uploaded.error().message;
  EXPECT_THAT(samples, ElementsAre("a-0001-mp4.png", too_long));
  EXPECT_TRUE(local_file_system().exists(folder / ".lightly/frames/a-0001-mp4.png"));
  EXPECT_THAT(log, HasSubstr(too_long + ": its name would be too long for a disk"));
}

TEST_F(DatasetUploadTest, SamplesHaveTheirMetadataWhetherTheyAreNewOrToldOfAnew) {
  record({"a.png", "b.png"});
  const auto write = [&](const char* weather) {
    folder.write(".lightly/metadata/a.json", fmt::format(R"({{"metadata": {{"weather": "{}"}}}})", weather));
  };
  DatasetUpload with_metadata;
  with_metadata.thumbnails.lightly = folder.path();
  for (const char* weather : {"rain", "sun"}) {
    write(weather);
    const Status uploaded = upload(with_metadata);
    ASSERT_TRUE(uploaded.ok()) << uploaded.error().message;
    EXPECT_EQ(facts["a.png"]["customMetaData"]["weather"], weather);
    EXPECT_FALSE(facts["b.png"].contains("customMetaData"));
    record({"a.png"}, 200);
  }
}

TEST_F(DatasetUploadTest, StopsOnRequest) {
  record_many();
  cancel = true;
  EXPECT_EQ(upload(with_thumbnails()).error().code, ErrorCode::kCancelled);
  EXPECT_THAT(samples, ElementsAre());
}

TEST_F(DatasetUploadTest, ASelectionAmongImagesThatNobodyCouldReadHasNoEmbeddings) {
  record({});
  folder.write(kSelectionFile, write_selection({}));
  DatasetUpload of_run;
  of_run.has_selection = of_run.has_embeddings = true;
  const Status uploaded = upload(of_run);
  ASSERT_TRUE(uploaded.ok()) << uploaded.error().message;
  std::vector<std::string> urls;
  for (const HttpCall& call : http.calls()) urls.push_back(call.url);
  EXPECT_THAT(urls, Not(Contains(HasSubstr("writeCSVUrl"))));
}

}  // namespace
}  // namespace pretag
