#include "pretag/formats/csv_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pretag/formats/predictions_csv.h"

namespace pretag {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(CsvText, FieldsAreQuotedWhereTheyMust) {
  EXPECT_EQ(csv_field("plain text"), "plain text");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("a\"b\n"), "\"a\"\"b\n\"");
}

TEST(CsvText, RecordsEndWithTheirLines) {
  std::string_view text = "a,\"b,\"\"c\"\"\r\nd\",\r\n,e\n\"f\"\r\nlast\r";
  EXPECT_THAT(*next_csv_record(text), ElementsAre("a", "b,\"c\"\r\nd", ""));
  EXPECT_THAT(*next_csv_record(text), ElementsAre("", "e"));
  EXPECT_THAT(*next_csv_record(text), ElementsAre("f"));
  EXPECT_THAT(*next_csv_record(text), ElementsAre("last"));
  EXPECT_TRUE(text.empty());
}

TEST(CsvText, BrokenQuotesAreErrors) {
  for (std::string_view text : {"\"a", "\"a\"b", "\"a\" ,b"}) EXPECT_FALSE(next_csv_record(text).ok());
}

std::string error_of(std::string_view text) {
  const auto read = read_csv_text(text);
  return read.ok() ? "no error" : read.error().message;
}

TEST(PredictionsCsv, ColumnsAreFoundByName) {
  const auto read = read_csv_text("\xEF\xBB\xBFy2,x2,y1,x1,label,other,filename\n4,3,2,1,car,?,a.jpg\n,,,,,,b.jpg\n\n");
  ASSERT_TRUE(read.ok()) << read.error().message;
  ASSERT_EQ(read->images.size(), 2u);
  EXPECT_EQ(read->images[0].detections[0].box_in_image, (Box{1, 2, 3, 4}));
  EXPECT_EQ(read->images[0].detections[0].score, 1);
  EXPECT_TRUE(read->images[1].detections.empty());
}

TEST(PredictionsCsv, ErrorsNameTheRow) {
  const std::string header = "filename,label,x1,y1,x2,y2,score\n";
  EXPECT_THAT(error_of(""), HasSubstr("empty"));
  EXPECT_EQ(error_of("filename,label,x1,y1,x2\n"), "row 1: has no column \"y2\"");
  EXPECT_EQ(error_of(header + "a,car,1,2\n"), "row 2: has 4 fields, the header has 7");
  EXPECT_THAT(error_of(header + "a,car,1,2,x,4,\n"), HasSubstr("row 2: x2 must be a number from"));
  EXPECT_THAT(error_of(header + "a,car,3,2,1,4,\n"), HasSubstr("x1 <= x2"));
  EXPECT_THAT(error_of(header + "a,car,1,2,3,4,1.5\n"), HasSubstr("row 2: score must be a number from 0 to 1"));
  EXPECT_THAT(error_of(header + "a,car,1,2,1e300,4,\n"), HasSubstr("x2 must be"));
  EXPECT_EQ(error_of(header + "a,,1,2,3,4,0.5\n"), "row 2: has a box without a label");
}

}  // namespace
}  // namespace pretag
