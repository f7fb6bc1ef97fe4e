#include "pretag/eval/eval_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace pretag {
namespace {

using testing::HasSubstr;
using testing::Not;

EvalResult result_with_two_classes() {
  EvalResult result;
  result.images = 3;
  result.score_threshold = 0.3f;
  result.classes = {{"a rather long class", {0.125, 0.5, 0.25, {}, 0.75, 1.0, 0.1, 0.2, 0.3}, {10, 5, 3, 1.5}, {}},
                    {"car", {}, {}, {}}};
  result.classes[0].calibration.add(0.75f, false);
  result.calibration = result.classes[0].calibration;
  result.mean = result.classes[0].scores;
  result.total = result.classes[0].counts;
  return result;
}

TEST(EvalTable, IsAligned) {
  std::istringstream table(eval_table(result_with_two_classes(), true));
  std::string header, line;
  std::getline(table, header);
  for (int row = 0; row < 3; ++row) {
    std::getline(table, line);
    EXPECT_EQ(line.size(), header.size()) << line;
  }
}

TEST(EvalTable, ShowsPercentAndDashes) {
  const std::string table = eval_table(result_with_two_classes(), true);
  EXPECT_THAT(table, testing::ContainsRegex("a rather long class +10 +12\\.5 +50\\.0 +25\\.0 +- +75\\.0 +100\\.0 "
                                            "+62\\.5 +50\\.0 +55\\.6 +8 +-20\\.0 +1\\.50"));
  EXPECT_THAT(table, testing::ContainsRegex("car +0 +- +- "));
  EXPECT_THAT(table, HasSubstr("0.30 on"));
  EXPECT_THAT(table, HasSubstr("75.0 points"));
  EXPECT_THAT(eval_table(result_with_two_classes(), false), Not(HasSubstr("car ")));
}

TEST(EvalJson, HasEveryNumberAndNullForTheUndefined) {
  const auto document = nlohmann::json::parse(eval_json(result_with_two_classes()));
  EXPECT_EQ(document["images"], 3);
  EXPECT_EQ(document["score_threshold"], 0.3);
  const auto& entry = document["classes"]["a rather long class"];
  EXPECT_EQ(entry["ap"], 0.125);
  EXPECT_EQ(entry["ap_small"], nullptr);
  EXPECT_EQ(entry["missed"], 5);
  EXPECT_EQ(entry["precision"], 0.625);
  EXPECT_EQ(entry["ar100"], 0.3);
  EXPECT_EQ(entry["bias"], -0.2);
  EXPECT_EQ(entry["calibration_error"], 0.75);
  EXPECT_EQ(entry["calibration"][7]["detections"], 1);
  EXPECT_EQ(entry["calibration"][7]["mean_score"], 0.75);
  EXPECT_EQ(entry["calibration"][0]["mean_score"], nullptr);
  EXPECT_EQ(document["classes"]["car"]["f1"], nullptr);
  EXPECT_EQ(document["classes"]["car"]["bias"], nullptr);
  EXPECT_EQ(document["all"]["count_error"], 1.5);
}

}  // namespace
}  // namespace pretag
