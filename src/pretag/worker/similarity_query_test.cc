#include "pretag/worker/similarity_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "support/memory_file_system.h"
#include "support/scripted_http_client.h"

namespace pretag {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

// A server with a dataset d of five samples, a to e; the tag "some" has b, c and e. The embeddings of c are in the
// older of two files, those of another network in the oldest.
class SimilarityQuery : public ::testing::Test {
 protected:
  SimilarityQuery() {
    EXPECT_TRUE(files.make_directories("/run/config"));
    answers["/v1/datasets/d/tags"] = R"([{"id": "2", "name": "some"}, {"id": "1", "name": "initial-tag"}])";
    answers["/v1/datasets/d/tags/2"] = R"({"id": "2", "name": "some", "bitMaskData": "0x16"})";
    answers["/v1/datasets/d/mappings"] = R"(["a.png", "b.png", "c.png", "d.png", "e.png"])";
    answers["/v1/datasets/d/embeddings"] =
        R"([{"id": "0", "name": "default", "isProcessed": true}, {"id": "1", "name": "default_r1", "isProcessed": true},
            {"id": "2", "name": "default_r2", "isProcessed": true}, {"id": "3", "name": "x", "isProcessed": false}])";
    for (const char* id : {"0", "1", "2"}) {
      answers[std::string("/v1/datasets/d/embeddings/") + id + "/readCSVUrl"] =
          json(std::string("http://server/files/") + id + "?signature=s").dump();
    }
    answers["/files/0"] = "filenames,embedding_0,labels\ne.png,7,0\n";
    answers["/files/1"] = "filenames,embedding_0,embedding_1,labels\na.png,1,2,0\nb.png,3,4,0\nc.png,0.5,0.25,0\n";
    answers["/files/2"] = "filenames,embedding_0,embedding_1,labels\nb.png,5,6,0\nd.png,7,8,0\n";
  }

  Result<std::string> fetch(const std::string& input) {
    return fetch_similarity_queries(
        api, files,
        R"({"nSamples": 2, "strategies": [{"input": )" + input + R"(, "strategy": {"type": "SIMILARITY"}}]})", 2,
        "/run/config", "/shared");
  }
  std::string error_of(const std::string& input) {
    const auto fetched = fetch(input);
    return fetched ? "no error" : fetched.error().message;
  }

  std::map<std::string, std::string> answers;  // by path
  ScriptedHttpClient http{[this](const HttpCall& call) -> Result<HttpAnswer> {
    const std::string path = call.url.substr(13, call.url.find('?') - 13);  // behind http://server
    const auto answer = answers.find(path);
    if (answer == answers.end()) return HttpAnswer{404, R"({"code": "X", "error": "there is no such dataset"})", 0};
    return HttpAnswer{200, answer->second, 0};
  }};
  ApiTransport transport{
      http, {.location = "http://server", .token = "t"}, {}, [](double) { return false; }, [](auto&) {}};
  ApiClient api{transport};
  MemoryFileSystem files;
};

TEST_F(SimilarityQuery, IsTheNewestEmbeddingOfEachSampleOfTheTag) {
  for (const char* input : {R"({"type": "EMBEDDINGS", "datasetId": "d", "tagName": "some"})",
                            R"({"type": "EMBEDDINGS", "dataset_id": "d", "tag_name": "some"})"}) {
    const auto selection = fetch(input);
    ASSERT_TRUE(selection.ok()) << selection.error().message;
    EXPECT_EQ(json::parse(*selection)["strategies"][0]["input"],
              (json{{"type", "EMBEDDINGS"}, {"query", "/run/config/query_1.csv"}}));
    EXPECT_EQ(json::parse(*selection)["nSamples"], 2);
    EXPECT_EQ(files.text("/run/config/query_1.csv"),
              "filenames,embedding_0,embedding_1,labels\nb.png,5,6,0\nc.png,0.5,0.25,0\n");
  }
}

TEST_F(SimilarityQuery, IsTheNewestInWhateverOrderTheServerListsThem) {
  answers["/v1/datasets/d/embeddings"] =
      R"([{"id": "2", "name": "default_r2", "isProcessed": true, "createdAt": 30},
          {"id": "1", "name": "default_r1", "isProcessed": true, "createdAt": 20},
          {"id": "0", "name": "default", "isProcessed": true, "createdAt": 10}])";
  ASSERT_TRUE(fetch(R"({"type": "EMBEDDINGS", "datasetId": "d", "tagName": "some"})").ok());
  EXPECT_EQ(files.text("/run/config/query_1.csv"),
            "filenames,embedding_0,embedding_1,labels\nb.png,5,6,0\nc.png,0.5,0.25,0\n");
}

TEST_F(SimilarityQuery, DownloadsWithoutTheToken) {
  ASSERT_TRUE(fetch(R"({"type": "EMBEDDINGS", "datasetId": "d", "tagName": "some"})").ok());
  for (const HttpCall& call : http.calls()) {
    EXPECT_EQ(call.url.find("token=") == std::string::npos, call.url.find("/files/") != std::string::npos) << call.url;
  }
}

TEST_F(SimilarityQuery, ErrorsSayWhatIsMissing) {
  EXPECT_THAT(error_of(R"({"datasetId": "d", "tagName": "none"})"), HasSubstr("dataset d has no tag 'none'"));
  EXPECT_THAT(error_of(R"({"datasetId": "x", "tagName": "some"})"), HasSubstr("there is no such dataset"));
  EXPECT_THAT(error_of(R"({"datasetId": "d"})"), HasSubstr("both dataset_id and tag_name"));
  answers["/v1/datasets/d/embeddings"] = "[]";
  EXPECT_THAT(error_of(R"({"datasetId": "d", "tagName": "some"})"),
              HasSubstr("have no embeddings of 2 numbers, as this job's; run a job"));
  answers["/v1/datasets/d/tags/2"] = R"({"id": "2", "name": "some", "bitMaskData": "0x1g"})";
  EXPECT_THAT(error_of(R"({"datasetId": "d", "tagName": "some"})"), HasSubstr("bit mask"));
}

TEST_F(SimilarityQuery, AFileThatAJobNamesIsBelowTheSharedFolder) {
  EXPECT_EQ(json::parse(*fetch(R"({"query": "rare/embeddings.csv"})"))["strategies"][0]["input"]["query"],
            "/shared/rare/embeddings.csv");
  EXPECT_THAT(error_of(R"({"query": "/etc/passwd"})"), HasSubstr("below the worker's mount"));
  EXPECT_THAT(error_of(R"({"query": "../secrets"})"), HasSubstr("below the worker's mount"));
}

TEST_F(SimilarityQuery, OtherSelectionsStayAsTheyAre) {
  for (const char* selection : {"", "{}", "[]", R"({"strategies":[1,{},{"input":3}]})"}) {
    const auto fetched = fetch_similarity_queries(api, files, selection, 2, "/run/config", "/shared");
    ASSERT_TRUE(fetched.ok()) << selection;
    EXPECT_EQ(*fetched, selection);
  }
  EXPECT_TRUE(http.calls().empty());
}

}  // namespace
}  // namespace pretag
