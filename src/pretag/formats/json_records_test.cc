#include "pretag/formats/json_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace pretag {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> records(std::string_view text, const JsonRecordLists& lists) {
  std::vector<std::string> all;
  const Status status = for_each_json_record(text, lists, [&](std::string_view list, size_t index, const auto& record) {
    all.push_back(std::string(list) + std::to_string(index) + "=" + record.dump());
    return Status();
  });
  if (!status.ok()) all.push_back("error: " + status.error().message);
  return all;
}

TEST(JsonRecords, VisitsATopLevelList) {
  EXPECT_THAT(records(R"([{"a": [1, {"b": "x"}], "c": null}, [2, [3]], 4, "s"])", {{""}, {}}),
              ElementsAre(R"(0={"a":[1,{"b":"x"}],"c":null})", "1=[2,[3]]", "2=4", "3=\"s\""));
}

TEST(JsonRecords, VisitsOnlyTheNamedLists) {
  EXPECT_THAT(
      records(R"({"info": {"x": [1]}, "b": [{"y": 1}], "other": [{"z": [[]]}], "a": [5], "s": 7})", {{"a", "b"}, {}}),
      ElementsAre(R"(b0={"y":1})", "a0=5"));
}

TEST(JsonRecords, ReadsOverIgnoredKeys) {
  EXPECT_THAT(records(R"([{"big": [[1, {"a": 2}], 3], "a": 1}, {"a": {"big": 5, "c": [6]}, "big": 7, "d": [8]}])",
                      {{""}, {"big"}}),
              ElementsAre(R"(0={"a":1})", R"(1={"a":{"c":[6]},"d":[8]})"));
}

TEST(JsonRecords, EmptyListsAreFine) {
  EXPECT_TRUE(records("[]", {{""}, {}}).empty());
  EXPECT_TRUE(records(R"({"a": []})", {{"a"}, {}}).empty());
}

TEST(JsonRecords, ADocumentWithoutTheListIsAnError) {
  for (const char* text : {"{}", "7", "[[1]]", R"({"a": {"wanted": [1]}})", R"({"wanted": {}})"}) {
    EXPECT_THAT(records(text, {{"wanted"}, {}}), ElementsAre(HasSubstr("holds no list \"wanted\""))) << text;
  }
}

TEST(JsonRecords, BrokenTextIsAnErrorWithItsPlace) {
  EXPECT_THAT(records("[1, x]", {{""}, {}}), ElementsAre("0=1", "error: not valid JSON at byte 5"));
  EXPECT_THAT(records("[1", {{""}, {}}), ElementsAre("0=1", HasSubstr("error: not valid JSON")));
  EXPECT_THAT(records("[1] 2", {{""}, {}}), ElementsAre("0=1", HasSubstr("error: not valid JSON")));
  EXPECT_THAT(records("[1e999]", {{""}, {}}), ElementsAre(HasSubstr("error: not valid JSON")));
  EXPECT_THAT(records("[\"\xff\"]", {{""}, {}}), ElementsAre(HasSubstr("error: not valid JSON")));
}

TEST(JsonRecords, NestingIsLimitedWhereverItIs) {
  const std::string deep(100000, '[');
  EXPECT_THAT(records(deep, {{""}, {}}), ElementsAre(HasSubstr("nested deeper")));
  EXPECT_THAT(records("{\"other\": " + deep, {{"wanted"}, {}}), ElementsAre(HasSubstr("nested deeper")));
  EXPECT_THAT(records("[{\"big\": " + deep, {{""}, {"big"}}), ElementsAre(HasSubstr("nested deeper")));
}

TEST(JsonRecords, TheVisitorsErrorEndsTheReading) {
  int visits = 0;
  const Status status = for_each_json_record("[1, 2, not JSON", {{""}, {}}, [&](auto, size_t, const auto&) -> Status {
    ++visits;
    return Error{ErrorCode::kCancelled, "enough"};
  });
  EXPECT_EQ(visits, 1);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "enough");
}

TEST(JsonRecords, FieldsSayWhatTheyShouldBe) {
  const auto record =
      nlohmann::json::parse(R"({"n": 1.5, "i": -3, "s": "x", "u": 18446744073709551615, "l": [1, 2, 3, 4]})");
  EXPECT_EQ(*json_number(record, "n"), 1.5);
  EXPECT_EQ(*json_integer(record, "i"), -3);
  EXPECT_EQ(*json_string(record, "s"), "x");
  EXPECT_EQ((*json_four_numbers(record["l"], "l"))[3], 4);
  EXPECT_EQ(json_number(record, "s").error().message, "\"s\" must be a number");
  EXPECT_EQ(json_integer(record, "n").error().message, "\"n\" must be a whole number");
  EXPECT_EQ(json_integer(record, "u").error().message, "\"u\" must be a whole number");
  EXPECT_EQ(json_string(record, "none").error().message, "\"none\" is missing");
  EXPECT_EQ(json_list(record, "s").error().message, "\"s\" must be a list");
  EXPECT_EQ(json_string(5, "s").error().message, "must be an object");
  EXPECT_FALSE(json_four_numbers(nlohmann::json::parse("[1, 2, 3]"), "box").ok());
  EXPECT_FALSE(json_four_numbers(nlohmann::json::parse("[1, 2, 3, \"4\"]"), "box").ok());
}

}  // namespace
}  // namespace pretag
