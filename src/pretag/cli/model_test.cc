#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "pretag/cli/commands.h"
#include "pretag/cli/download_line.h"
#include "pretag/cli/model_convert.h"
#include "pretag/cli/model_info.h"
#include "pretag/cli/model_pull.h"
#include "pretag/io/sha256.h"
#include "pretag/nn/activation_ranges.h"
#include "support/http_test_server.h"
#include "support/pickle_writer.h"
#include "support/temporary_folder.h"
#include "support/tiny_weights.h"

namespace pretag {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// A .pth of a detector in miniature with `classes` outputs, under the names of 2019.
std::string tiny_pth(int32_t classes) {
  const auto spec = [](const std::string& name, std::vector<int32_t> shape, const std::string& key) {
    return TorchTensorSpec{.name = name, .shape = shape, .strides = {1, 1}, .storage = key, .storage_count = shape[0]};
  };
  const auto zeros = [](int32_t count) { return std::string(static_cast<size_t>(count) * sizeof(float), '\0'); };
  return torch_archive(
      pickle_state_dict({spec("rpn.head.cls_logits.weight", {3, 1}, "0"), spec("rpn.head.conv.weight", {2, 1}, "1"),
                         spec("roi_heads.box_predictor.cls_score.weight", {classes, 1}, "2")}),
      {{"0", zeros(3)}, {"1", zeros(2)}, {"2", zeros(classes)}});
}

struct Outcome {
  int exit_code = -1;
  std::string out, err;
};

// `pretag model ARGUMENTS` in this process.
Outcome pretag_model(std::vector<std::string> arguments) {
  CLI::App app("test");
  std::function<int()> action;
  add_model_command(app, action);
  arguments.insert(arguments.begin(), "model");
  std::ranges::reverse(arguments);  // CLI11 takes them from the back
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Outcome outcome;
  try {
    app.parse(arguments);
    outcome.exit_code = action();
  } catch (const CLI::ParseError& error) {
    outcome.exit_code = app.exit(error) == 0 ? 0 : 2;
  }
  outcome.out = ::testing::internal::GetCapturedStdout();
  outcome.err = ::testing::internal::GetCapturedStderr();
  return outcome;
}

std::map<std::string, std::string> metadata_of(const std::string& path) {
  const auto weights = load_weight_file(path);
  EXPECT_TRUE(weights.ok()) << weights.error().message;
  return weights.ok() ? (*weights)->metadata() : std::map<std::string, std::string>();
}

TEST(ModelCommand, InfoSaysWhatAFileHolds) {
  const TemporaryFolder folder;
  const std::string path = folder.write("m.pth", tiny_pth(91));
  const Outcome outcome = pretag_model({"info", path});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr(path), HasSubstr("fasterrcnn_resnet50_fpn"), HasSubstr("80: person,"),
                                 HasSubstr("7: bicycle, bus, car, motorcycle, person, train, truck"),
                                 HasSubstr("short side 800, long side at most 1333"), HasSubstr("3 tensors: 3 float32"),
                                 HasSubstr("licence         not stated"), Not(HasSubstr("N/A"))));
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line);) {
    if (line != path) {
      EXPECT_LE(line.size(), 100u) << line;
    }
  }
}

TEST(ModelCommand, InfoOfSomethingElseIsAnError) {
  const TemporaryFolder folder;
  const Outcome photo = pretag_model({"info", folder.write("photo.pth", "\xFF\xD8\xFF\xE0")});
  EXPECT_EQ(photo.exit_code, 1);
  EXPECT_THAT(photo.err, HasSubstr("is a JPEG image, not weights"));
  EXPECT_EQ(photo.out, "");
  const Outcome missing = pretag_model({"info", folder / "none.pth"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.err, HasSubstr("none.pth"));
}

TEST(ModelCommand, ConvertWritesCompleteMetadata) {
  const TemporaryFolder folder;
  const std::string input = folder.write("m.pth", tiny_pth(3)), output = folder / "m.safetensors";
  const Outcome outcome =
      pretag_model({"convert", input, output, "--dtype", "int8", "--classes", "cat, dog", "--output-classes", "dog",
                    "--min-size", "320", "--max-size", "640", "--batch-norm-eps", "0", "--license", "CC0"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("2: cat, dog"), HasSubstr("3 int8"), HasSubstr("CC0")));
  const auto metadata = metadata_of(output);
  EXPECT_EQ(metadata.at("classes"), R"(["__background__","cat","dog"])");
  EXPECT_EQ(metadata.at("output_classes"), R"(["dog"])");
  EXPECT_EQ(metadata.at("min_size"), "320");
  EXPECT_EQ(metadata.at("batch_norm_eps"), "0");
  EXPECT_EQ(metadata.at("rpn_pre_nms_top_n"), "1000");

  // Again, in place: what is not named stays, but the reported classes follow new names.
  ASSERT_EQ(pretag_model({"convert", output, output, "--dtype", "int8", "--classes", "tom,rex"}).exit_code, 0);
  EXPECT_EQ(metadata_of(output).at("output_classes"), R"(["tom","rex"])");
  EXPECT_EQ(metadata_of(output).at("min_size"), "320");
}

TEST(ModelCommand, ConvertNamesTheImpossibleValueAndWritesNothing) {
  const TemporaryFolder folder;
  const std::string input = folder.write("m.pth", tiny_pth(3)), output = folder / "m.safetensors";
  const auto blame = [&](const std::string& option, const std::string& value) {
    const Outcome outcome = pretag_model({"convert", input, output, option, value});
    EXPECT_EQ(outcome.exit_code, 2) << option;
    EXPECT_THAT(outcome.err, Not(HasSubstr(input)));
    return outcome.err;
  };
  EXPECT_THAT(blame("--min-size", "0"), HasSubstr("--min-size is '0'; expected"));
  EXPECT_THAT(blame("--max-size", "320"), HasSubstr("--max-size is 320, less than 'min_size' 800"));
  EXPECT_THAT(blame("--score-threshold", "1.5"), HasSubstr("--score-threshold is '1.5'"));
  EXPECT_THAT(blame("--classes", "one"), HasSubstr("--classes has 2 names"));
  EXPECT_THAT(blame("--output-classes", "cat"), HasSubstr("--output-classes has 'cat', which is not one of"));
  EXPECT_EQ(pretag_model({"convert", input, output, "--dtype", "int4"}).exit_code, 2);
  EXPECT_EQ(pretag_model({"convert", input}).exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(output));
}

TEST(ModelCommand, AnImpossibleValueOfTheFileIsTheFiles) {
  const TemporaryFolder folder;
  const std::string input = folder.write("m.pth", tiny_pth(3)), output = folder / "m.safetensors";
  ASSERT_EQ(pretag_model({"convert", input, output, "--max-size", "900"}).exit_code, 0);
  std::ostringstream content;
  content << std::ifstream(output, std::ios::binary).rdbuf();
  std::string bytes = content.str();
  bytes.replace(bytes.find("\"900\""), 5, "\"9OO\"");
  const std::string damaged = folder.write("damaged.safetensors", bytes);
  const Outcome outcome = pretag_model({"convert", damaged, output, "--min-size", "320"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr(damaged + ": metadata 'max_size' is '9OO'"));
}

TEST(ModelCommand, NewRangesNeedNoneOfThoseThatLieBesideTheModel) {
  const TemporaryFolder folder;
  const std::string input = folder.write("m.pth", tiny_pth(3)), output = folder / "m.safetensors";
  folder.write("m.ranges.json", R"({"images": 1, "model_sha256": "of another", "layers": {}})");
  EXPECT_THAT(pretag_model({"convert", input, output}).err, HasSubstr("measured on another model"));
  const ConvertRequest request{
      input, output, ExportType::kInt8, {{kActivationRangesKey, R"({"images": 2, "layers": {}})"}}};
  const auto converted = convert_model(request, local_file_system());
  ASSERT_TRUE(converted.ok()) << converted.error().message;
  EXPECT_THAT(metadata_of(output).at(kActivationRangesKey), HasSubstr("\"images\": 2"));
}

TEST(ModelCommand, PullTakesTheRightFileOnly) {
  const TemporaryFolder folder;
  const Outcome wrong = pretag_model(
      {"pull", "coco", "--from", folder.write("m.pth", tiny_pth(91)), "--output", folder / "coco.safetensors"});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_THAT(wrong.err, HasSubstr("not with 258fb6c6"));
  EXPECT_FALSE(std::filesystem::exists(folder / "coco.safetensors"));
  EXPECT_EQ(pretag_model({"pull", "yolo"}).exit_code, 2);
}

TEST(ModelCommand, PullFromAMirrorThatLacksItSaysSo) {
  HttpTestServer server([](const std::string&) { return http_answer("404 Not Found", ""); });
  const TemporaryFolder folder;
  const Outcome outcome =
      pretag_model({"pull", "coco", "--url", server.url("/x.pth"), "--output", folder / "coco.safetensors"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr(server.url("/x.pth")), HasSubstr("404")));
}

TEST(ModelCommand, HelpShowsExamples) {
  for (const char* verb : {"info", "convert", "pull"}) {
    const Outcome outcome = pretag_model({verb, "--help"});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("Examples:"), HasSubstr(std::string("pretag model ") + verb)));
  }
}

class PullModel : public ::testing::Test {
 protected:
  const std::string content_ = tiny_pth(91);
  OfficialModel model_ = {.name = "tiny",
                          .file = "tiny.pth",
                          .url = "",
                          .sha256 = sha256_hex(as_bytes(content_)).substr(0, 8),
                          .max_bytes = 1 << 20,
                          .outputs = 91,
                          .metadata = {{"batch_norm_eps", "0"}, {"license", "CC0"}}};
  TemporaryFolder folder_;
  const std::string output_ = folder_ / "cache/models/tiny.safetensors";
};

TEST_F(PullModel, FetchesChecksAndConverts) {
  HttpTestServer server([&](const std::string& request) { return http_range_answer(request, content_); });
  model_.url = server.url("/tiny.pth");
  const Status status = pull_model(model_, {"", "", output_}, *make_http_client(), local_file_system());
  ASSERT_TRUE(status.ok()) << status.error().message;
  EXPECT_EQ(metadata_of(output_).at("batch_norm_eps"), "0");
  EXPECT_EQ(metadata_of(output_).at("license"), "CC0");
  EXPECT_TRUE((*load_weight_file(output_))->tensors().contains("rpn.head.conv.0.0.weight"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "cache/models/pretag-tiny.pth"));  // converted, so of no more use
}

TEST_F(PullModel, NeedsNoNetworkForAFileThatIsThere) {
  const std::string from = folder_.write("usb/tiny.pth", content_);
  const Status status = pull_model(model_, {from, "", output_}, *make_http_client(), local_file_system());
  ASSERT_TRUE(status.ok()) << status.error().message;
  EXPECT_EQ(metadata_of(output_).at("license"), "CC0");
  EXPECT_TRUE(std::filesystem::exists(from));
}

TEST_F(PullModel, DoesNotFetchAgainWhatOnlyFailedToConvert) {
  folder_.write("cache/models/pretag-tiny.pth", content_);
  const std::string own = folder_.write("cache/models/tiny.pth", content_);
  HttpTestServer server([](const std::string&) { return http_answer("404 Not Found", ""); });
  model_.url = server.url("/tiny.pth");
  ASSERT_TRUE(pull_model(model_, {"", "", output_}, *make_http_client(), local_file_system()).ok());
  EXPECT_TRUE(server.requests().empty());
  EXPECT_TRUE(std::filesystem::exists(own)) << "somebody else has fetched that";
}

TEST(JsonListOf, TakesPlainNamesAndJson) {
  EXPECT_EQ(json_list_of("a, b c ,\"d\""), R"(["a","b c","\"d\""])");
  EXPECT_EQ(json_list_of(R"(["a,b"])"), R"(["a,b"])");
  EXPECT_EQ(json_classes_of("car,bus"), R"(["__background__","car","bus"])");
  EXPECT_EQ(json_classes_of("__background__,car"), R"(["__background__","car"])");
}

TEST(DownloadLine, IsRedrawnOnATerminalOnly) {
  std::ostringstream terminal, file;
  DownloadLine shown(terminal, true), hidden(file, false);
  for (DownloadLine* line : {&shown, &hidden}) {
    line->update(0, 4 << 20);
    line->update(10, 4 << 20);  // too little has changed
    line->update(1 << 20, 4 << 20);
    line->update(4 << 20, 4 << 20);
    line->finish();
  }
  EXPECT_EQ(terminal.str(),
            "\r0 B of 4.0 MiB (0 %)    \r1.0 MiB of 4.0 MiB (25 %)    \r4.0 MiB of 4.0 MiB (100 %)    \n");
  EXPECT_EQ(file.str(), "");
}

TEST(ModelInfo, WritesNoControlCharactersOfTheFile) {
  const WeightFile weights =
      make_detector_weights(2, {{"license", "a\x1B[2Jb"}, {"classes", "[\"__background__\",\"x\\ny\"]"}});
  const std::string text = model_info_text("m", 1, weights, *read_model_metadata(weights));
  EXPECT_THAT(text, AllOf(Not(HasSubstr("\x1B")), Not(HasSubstr("x\ny"))));
}

}  // namespace
}  // namespace pretag
