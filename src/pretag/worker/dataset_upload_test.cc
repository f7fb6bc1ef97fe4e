#include "pretag/worker/dataset_upload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "pretag/formats/selection_file.h"
#include "pretag/run/run_folder.h"
#include "pretag/store/ledger.h"
#include "support/scripted_http_client.h"
#include "support/temporary_folder.h"

namespace pretag {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// A run folder, and a server that has the dataset d and, as other jobs add to it as well, may be told to change at
// certain calls.
class DatasetUploadTest : public ::testing::Test {
 protected:
  void record(const std::vector<std::string>& filenames) {
    auto ledger = Ledger::open(folder / kLedgerFile);
    ASSERT_TRUE(ledger.ok()) << ledger.error().message;
    std::vector<ImageResult> results;
    for (const std::string& filename : filenames) {
      ImageResult& result = results.emplace_back();
      result.info.filename = filename;
      result.info.width = result.info.height = 8;
    }
    ASSERT_TRUE((*ledger)->record(results, {}).ok());
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
    if (path == "/v1/datasets/d/samples/withWriteUrls") return add_sample(body["fileName"]);
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
  HttpAnswer add_sample(const std::string& filename) {
    if (filename.find('\n') != std::string::npos) return {400, R"({"code": "X", "error": "a line break"})", 0};
    samples.push_back(filename);
    return {201, R"({"id": "new"})", 0};
  }
  HttpAnswer add_tag(const std::string& name, const json& body) {
    tags.insert(tags.begin(), json{{"id", name},
                                   {"name", name},
                                   {"runId", body["runId"]},
                                   {"totSize", samples.size()},
                                   {"bitMaskData", body.value("bitMaskData", "")}});
    return {201, R"({"id": "new"})", 0};
  }

  TemporaryFolder folder;
  std::vector<std::string> samples;
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
