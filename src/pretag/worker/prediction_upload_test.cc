#include "pretag/worker/prediction_upload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "pretag/formats/selection_file.h"
#include "pretag/run/run_identity.h"
#include "support/scripted_http_client.h"
#include "support/temporary_folder.h"

namespace pretag {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;

// A run that has looked for objects and selected among those of the task "mine": a.png has an object of either, b.png
// one of the detector's, c.png none.
class PredictionUploadTest : public ::testing::Test {
 protected:
  PredictionUploadTest() {
    folder.write("lightly/predictions/tasks.json", R"(["mine"])");
    folder.write("lightly/predictions/mine/schema.json",
                 R"({"task_type": "object-detection", "categories": [{"id": 0, "name": "sign"}]})");
    folder.write("lightly/predictions/mine/a.json",
                 R"({"file_name": "a.png", "predictions": [{"category_id": 0, "bbox": [1, 2, 3, 4], "score": 0.5}]})");
    Selection selection;
    for (const char* image : {"a.png", "b.png", "c.png"}) selection.selected.push_back({image, {}});
    selection.objects = ObjectSelection{.task = "mine", .classes = {{.name = "sign"}}, .selected = {}};
    folder.write(kSelectionFile, write_selection(selection));
    EXPECT_TRUE(ledger->set_fact(kLightlyFolderFact, folder / "lightly"));
    EXPECT_TRUE(ledger->record({image("a.png", 1), image("b.png", 1), image("c.png", 0)}, {}));
  }

  static ImageResult image(const std::string& filename, size_t objects) {
    ImageResult result;
    result.info.filename = filename;
    result.info.width = result.info.height = 8;
    result.detections.resize(objects,
                             {.box_in_image = {1, 1, 5, 5}, .label = "car", .score = 0.9F, .probabilities = {}});
    return result;
  }

  // The tasks of the objects in each request for the sample.
  std::vector<std::string> sent(const std::string& sample) const {
    std::vector<std::string> requests;
    for (const HttpCall& call : http.calls()) {
      if (call.url.find("/predictions/samples/" + sample + "?") == std::string::npos) continue;
      std::string& tasks = requests.emplace_back();
      for (const json& object : json::parse(call.body)) tasks += object["taskName"].get<std::string>() + " ";
    }
    return requests;
  }

  TemporaryFolder folder;
  std::unique_ptr<Ledger> ledger = *Ledger::open(":memory:");
  const std::atomic<bool> cancel = false;
  ScriptedHttpClient http{[](const HttpCall& call) -> Result<HttpAnswer> {
    if (call.url.find("field=_id") != std::string::npos) return HttpAnswer{200, R"(["1a", "1b", "1c"])", 0};
    if (call.url.find("/mappings") != std::string::npos) return HttpAnswer{200, R"(["a.png", "b.png", "c.png"])", 0};
    return HttpAnswer{201, R"({"id": "new"})", 0};
  }};
  ApiTransport transport{
      http, {.location = "http://server", .token = "t"}, {}, [](double) { return false; }, [](auto&) {}};
  ApiClient api{transport};
};

// The server leaves tasks alone that are not in the request, and may have some of an earlier try.
TEST_F(PredictionUploadTest, TasksThatHaveFoundNothingAreCleared) {
  JobReporter reporter(api, "r");
  const UploadTools tools{api, local_file_system(), reporter, cancel};
  const auto images = SelectedImages::read(tools, *ledger, folder.path(), true);
  ASSERT_TRUE(images.ok()) << images.error().message;
  RunDataset dataset(tools, "d", {"r", "STARTED", 1000});
  ASSERT_TRUE(dataset.list());
  RunConfig config;
  config.pretagging = true;
  const std::unordered_map<std::string, CropsOfSample> crops = {{"a.png", {"c", {{0, "1"}}}}};
  const Status uploaded = upload_predictions(tools, {*ledger, config, *images, dataset, crops});
  ASSERT_TRUE(uploaded) << uploaded.error().message;
  EXPECT_THAT(sent("1a"), ElementsAre("lightly_pretagging mine "));
  EXPECT_THAT(sent("1b"), ElementsAre("", "lightly_pretagging "));
  EXPECT_THAT(sent("1c"), ElementsAre(""));
}

}  // namespace
}  // namespace pretag
