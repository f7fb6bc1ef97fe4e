#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

#include "pretag/cli/commands.h"
#include "pretag/cli/eval_input.h"
#include "pretag/store/ledger.h"
#include "support/temporary_folder.h"

namespace pretag {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr char kCoco[] = R"({
  "images": [{"id": 1, "file_name": "a.jpg", "width": 200, "height": 100}, {"id": 2, "file_name": "lost.jpg", "width": 9, "height": 9}],
  "categories": [{"id": 1, "name": "car"}, {"id": 2, "name": "pedestrian"}, {"id": 3, "name": "kite"}],
  "annotations": [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 50, 50]},
                  {"image_id": 1, "category_id": 2, "bbox": [100, 0, 50, 100]},
                  {"image_id": 1, "category_id": 3, "bbox": [0, 50, 50, 50]}]})";

constexpr char kDump[] = R"([{"filename": "a.jpg", "boxes": [[0, 0, 0.25, 0.5]], "labels": ["car"], "scores": [0.9]},
                             {"filename": "new.jpg", "boxes": [], "labels": [], "scores": []}])";

class EvalCommand : public testing::Test {
 protected:
  // Makes a run with a.jpg, in which a car and a person are found, and new.jpg without anything.
  void write_run(const std::string& classes = R"(["car", "person", "bus"])") {
    folder_.write("run/log.txt", "");
    const auto ledger = Ledger::open(folder_ / "run/run.db");
    ASSERT_TRUE(ledger.ok());
    ImageResult found, empty;
    found.info.filename = "a.jpg", found.info.width = 200, found.info.height = 100;
    found.detections = {{{0, 0, 50, 50}, "car", 0.9f, {}},
                        {{100, 0, 150, 100}, "person", 0.3f, {}},
                        {{150, 0, 200, 50}, "bus", 0.8f, {}},
                        {{150, 50, 200, 100}, "bus", 0.2f, {}}};
    empty.info.filename = "new.jpg", empty.info.width = 200, empty.info.height = 100;
    ASSERT_TRUE((*ledger)->record({found, empty}, {}).ok());
    if (!classes.empty()) {
      ASSERT_TRUE((*ledger)->set_fact(kOutputClassesFact, classes).ok());
    }
  }

  int run(std::vector<std::string> arguments) {
    CLI::App app;
    std::function<int()> action;
    add_eval_command(app, action);
    arguments.insert(arguments.begin(), "eval");
    std::ranges::reverse(arguments);  // CLI11 takes them from the back
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    int code = -1;
    try {
      app.parse(arguments);
      code = action();
    } catch (const CLI::ParseError& error) {
      code = 2;
    }
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return code;
  }

  const TemporaryFolder folder_;
  std::string out_, err_;
};

TEST_F(EvalCommand, MeasuresARunAgainstCocoLabels) {
  write_run();
  const std::string labels = folder_.write("coco.json", kCoco), json = folder_ / "eval.json";
  ASSERT_EQ(run({folder_ / "run", "--labels", labels, "--rename", "pedestrian=person", "--json", json, "--per-class"}),
            0)
      << err_;
  EXPECT_THAT(out_, testing::ContainsRegex("all classes +2 +100\\.0"));
  EXPECT_THAT(out_, HasSubstr("person"));
  EXPECT_THAT(out_, HasSubstr("1 classes of the labels are unknown to the model and left out (--rename?): kite"));
  EXPECT_THAT(out_, HasSubstr("1 classes of the model are not among the labels and left out: bus (1 detections)"));
  EXPECT_THAT(out_, HasSubstr("1 images of the run have no labels and are left out: new.jpg"));
  EXPECT_THAT(out_, HasSubstr("1 labelled images are not in the run and are left out: lost.jpg"));
  std::ifstream file(json);
  const auto document = nlohmann::json::parse(file);
  EXPECT_EQ(document["images"], 1);
  EXPECT_NEAR(document["all"]["ap"].get<double>(), 1, 1e-9);
  EXPECT_EQ(document["classes"]["person"]["missed"], 1);  // its score is below the threshold
}

TEST_F(EvalCommand, MeasuresADumpInPixelsOfTheLabels) {
  const std::string dump = folder_.write("dump.json", kDump), labels = folder_.write("coco.json", kCoco);
  ASSERT_EQ(run({dump, "--labels", labels, "--per-class"}), 0) << err_;
  EXPECT_THAT(out_, testing::ContainsRegex("car +1 +100\\.0"));
  EXPECT_THAT(out_, HasSubstr("kite"));
}

TEST_F(EvalCommand, MeasuresARunAgainstYoloLabels) {
  write_run();
  folder_.write("data/labels/a.txt", "1 0.125 0.25 0.25 0.5\n0 0.625 0.5 0.25 1\n");
  folder_.write("data/labels/lost.txt", "");
  folder_.write("data/data.yaml", "names: [person, car]\n");
  ASSERT_EQ(run({folder_ / "run", "--labels", folder_ / "data/labels", "--score-threshold", "0.2"}), 0) << err_;
  EXPECT_THAT(out_, testing::ContainsRegex("all classes +2 +100\\.0 .* 100\\.0 +2 +\\+0\\.0 +0\\.00"));
  EXPECT_THAT(out_, HasSubstr("1 images have no label file of their own and are left out: new.jpg"));
  EXPECT_THAT(out_, HasSubstr("not in the run and are left out: lost.txt"));
}

TEST_F(EvalCommand, AClassTheModelKnowsButNeverFoundCounts) {
  write_run(R"(["car", "person", "kite"])");
  const std::string labels = folder_.write("coco.json", kCoco);
  ASSERT_EQ(run({folder_ / "run", "--labels", labels, "--rename", "pedestrian=person"}), 0) << err_;
  EXPECT_THAT(out_, testing::ContainsRegex("all classes +3 +66\\.7"));
}

TEST_F(EvalCommand, ARunThatDoesNotSayItsClassesHasTheSeven) {
  write_run("");
  const auto data = load_eval_data({folder_ / "run", folder_.write("coco.json", kCoco), "", {}});
  ASSERT_TRUE(data.ok()) << data.error().message;
  EXPECT_THAT(data->model_classes, ElementsAre("bicycle", "bus", "car", "motorcycle", "person", "train", "truck"));
}

TEST_F(EvalCommand, LabelsOfAnotherSizeAreNoted) {
  write_run();
  std::string labels = kCoco;
  labels.replace(labels.find("200"), 3, "400");
  ASSERT_EQ(run({folder_ / "run", "--labels", folder_.write("coco.json", labels)}), 0) << err_;
  EXPECT_THAT(out_, HasSubstr("1 images have another size than their labels say, so their boxes may not fit: a.jpg"));
}

TEST_F(EvalCommand, WrongUsageIsTold) {
  write_run();
  const std::string labels = folder_.write("coco.json", kCoco), dump = folder_.write("dump.json", kDump);
  EXPECT_EQ(run({}), 2);
  EXPECT_EQ(run({folder_ / "run", "--labels", labels, "--score-threshold", "2"}), 2);
  EXPECT_EQ(run({folder_ / "run", "--labels", labels, "--rename", "car"}), 2);
  EXPECT_THAT(err_, HasSubstr("--rename car: must be FROM=TO"));
  folder_.write("labels/a.txt", "");
  EXPECT_EQ(run({dump, "--labels", folder_ / "labels"}), 2);
  EXPECT_THAT(err_, HasSubstr("neither a dump nor YOLO labels tell the images' sizes"));
  EXPECT_EQ(run({folder_ / "run", "--labels", folder_ / "labels"}), 2);
  EXPECT_THAT(err_, HasSubstr("--names"));
  EXPECT_EQ(run({folder_ / "run", "--labels", labels, "--rename", "car=Car"}), 2);
  EXPECT_THAT(err_, HasSubstr("no class is known to the model, which knows car, person, bus"));
}

TEST_F(EvalCommand, ImagesWithoutACommonNameAreAnErrorWithExamples) {
  const std::string labels = folder_.write("coco.json", kCoco);
  const std::string dump =
      folder_.write("dump.json", R"([{"filename": "images/a.jpg", "boxes": [], "labels": [], "scores": []}])");
  EXPECT_EQ(run({dump, "--labels", labels}), 2);
  EXPECT_THAT(err_, HasSubstr("(first: images/a.jpg)"));
  EXPECT_THAT(err_, HasSubstr("(first: a.jpg)"));
}

TEST_F(EvalCommand, FilesThatAreMissingOrBrokenAreNamed) {
  write_run();
  const std::string broken = folder_.write("broken.json", "{"), labels = folder_.write("coco.json", kCoco);
  EXPECT_EQ(run({folder_ / "run", "--labels", folder_ / "none.json"}), 1);
  EXPECT_THAT(err_, HasSubstr("none.json"));
  EXPECT_EQ(run({folder_ / "run", "--labels", broken}), 1);
  EXPECT_THAT(err_, HasSubstr("broken.json: not valid JSON"));
  EXPECT_EQ(run({broken, "--labels", labels}), 1);
  EXPECT_THAT(err_, HasSubstr("broken.json: not valid JSON"));
  EXPECT_EQ(run({folder_ / "norun", "--labels", labels}), 1);
  EXPECT_THAT(err_, HasSubstr("norun"));
  folder_.write("empty/x", "");
  EXPECT_EQ(run({folder_ / "empty", "--labels", labels}), 2);
  EXPECT_THAT(err_, HasSubstr("empty: is no run folder"));
  EXPECT_THAT(err_, Not(HasSubstr("\n\n")));
}

TEST_F(EvalCommand, ADumpThatNamesAnImageTwiceIsRefused) {
  const std::string labels = folder_.write("coco.json", kCoco);
  const std::string entry = R"({"filename": "a.jpg", "boxes": [], "labels": [], "scores": []})";
  EXPECT_EQ(run({folder_.write("dump.json", "[" + entry + "," + entry + "]"), "--labels", labels}), 1);
  EXPECT_THAT(err_, HasSubstr("\"a.jpg\" occurs twice"));
}

}  // namespace
}  // namespace pretag
