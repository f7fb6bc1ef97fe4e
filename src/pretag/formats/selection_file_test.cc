#include "pretag/formats/selection_file.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

namespace pretag {
namespace {

using testing::HasSubstr;

Selection full() {
  Selection selection;
  selection.strategies = {"diversity of image embeddings", "balance of classes", "threshold: k at least 1"};
  selection.inputs = 10, selection.candidates = 7, selection.requested = 3;
  selection.selected = {{"b.jpg", {{0, std::numeric_limits<double>::infinity()}, {1, 0.1}}},
                        {"\xC3\xA4 \"q\"/a.jpg", {{0, 0.30000000000000004}, {1, 1e-300}}}};
  selection.preselected = {"old.jpg"};
  selection.preselected_elsewhere = 7;
  selection.duplicates = {{"c2.jpg", "c.jpg"}};
  selection.thresholds = {{2, 2}};
  selection.balances = {{1, {{"car", 0.5, 0.25, 0.3}, {"(all other classes)", 0.5, 0.75, 0.7}}}};
  selection.notes = {"something could not be done"};
  return selection;
}

TEST(SelectionFile, WhatIsWrittenIsReadBack) {
  const Selection written = full();
  const auto read = read_selection(write_selection(written));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(write_selection(*read), write_selection(written));
  EXPECT_EQ(read->strategies, written.strategies);
  EXPECT_EQ(read->candidates, 7);
  ASSERT_EQ(read->selected.size(), 2u);
  EXPECT_EQ(read->selected[1].filename, written.selected[1].filename);
  EXPECT_TRUE(std::isinf(read->selected[0].reasons[0].value));
  EXPECT_EQ(read->selected[1].reasons[0].value, 0.30000000000000004);
  EXPECT_EQ(read->selected[1].reasons[1].value, 1e-300);
  EXPECT_EQ(read->preselected, written.preselected);
  EXPECT_EQ(read->preselected_elsewhere, 7);
  EXPECT_EQ(read->duplicates[0].kept, "c.jpg");
  EXPECT_EQ(read->thresholds[0].excluded, 2);
  EXPECT_EQ(read->balances[0].classes[1].name, "(all other classes)");
  EXPECT_EQ(read->balances[0].classes[0].reached, 0.3);
  EXPECT_EQ(read->notes, written.notes);
}

Selection of_objects() {
  Selection selection = full();
  selection.objects = {.task = "lightly_pretagging",
                       .padding = 0.1,
                       .classes = {{"car", 12, 1}, {"person", 3, 0}},
                       .selected = {{.filename = "b.jpg",
                                     .index = 4,
                                     .label = "car",
                                     .score = 0.75f,
                                     .box_in_image = {1.5f, 2, 30.25f, 40},
                                     .width = 640,
                                     .height = 480,
                                     .reasons = {{0, std::numeric_limits<double>::infinity()}}}},
                       .preselected = 2};
  return selection;
}

TEST(SelectionFile, ObjectsAreReadBack) {
  const Selection written = of_objects();
  const std::string text = write_selection(written);
  const auto read = read_selection(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(write_selection(*read), text);
  ASSERT_TRUE(read->objects);
  EXPECT_EQ(read->objects->inputs(), 15);
  EXPECT_EQ(read->objects->preselected, 2);
  EXPECT_EQ(read->objects->classes[0].selected, 1);
  const SelectedObject& object = read->objects->selected.at(0);
  EXPECT_EQ(object.box_in_image, (Box{1.5f, 2, 30.25f, 40}));
  EXPECT_EQ(object.index, 4);
  EXPECT_EQ(object.height, 480);
  EXPECT_EQ(object.score, 0.75f);
  EXPECT_TRUE(std::isinf(object.reasons[0].value));
  EXPECT_THAT(text, HasSubstr("b-jpg-lightly_pretagging-004.png"));
}

TEST(SelectionFile, OddObjectsAreCorrupt) {
  const std::string text = write_selection(of_objects());
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    changed.replace(changed.find(from), from.size(), to);
    return read_selection(changed);
  };
  EXPECT_TRUE(with("\"width\":640", "\"width\":641"));
  EXPECT_FALSE(with("\"width\":640", "\"width\":0"));
  EXPECT_FALSE(with("\"width\":640", "\"width\":9999999999"));
  EXPECT_FALSE(with("\"index\":4", "\"index\":-4"));
  EXPECT_FALSE(with("\"box\":[1.5,", "\"box\":["));
  EXPECT_FALSE(with("\"inputs\":12", "\"inputs\":-1"));
  EXPECT_FALSE(with("\"box\":[1.5,", "\"box\":[1e39,"));
  EXPECT_FALSE(with("\"score\":0.75", "\"score\":-1e39"));
}

TEST(SelectionFile, AnEmptySelectionIsReadBack) {
  const auto read = read_selection(write_selection(Selection{}));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(read->selected.empty());
}

TEST(SelectionFile, TruncatedAnywhereIsCorrupt) {
  const std::string text = write_selection(full());
  for (size_t size = 0; size + 2 < text.size(); ++size) {
    const auto read = read_selection(text.substr(0, size));
    ASSERT_FALSE(read) << size;
    ASSERT_EQ(read.error().code, ErrorCode::kCorrupt);
    ASSERT_EQ(read.error().message.find('\n'), std::string::npos);
  }
}

struct Damage {
  const char *from, *to, *complaint;
};
class DamagedSelection : public testing::TestWithParam<Damage> {};

TEST_P(DamagedSelection, IsCorruptAndNamesTheKey) {
  std::string text = write_selection(full());
  const size_t at = text.find(GetParam().from);
  ASSERT_NE(at, std::string::npos);
  const auto read = read_selection(text.replace(at, std::string(GetParam().from).size(), GetParam().to));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kCorrupt);
  EXPECT_THAT(read.error().message, HasSubstr(GetParam().complaint));
}

INSTANTIATE_TEST_SUITE_P(
    SelectionFile, DamagedSelection,
    testing::Values(Damage{"\"inputs\": 10", "\"inputs\": -10", "inputs"},
                    Damage{"\"inputs\": 10", "\"inputs\": 1.5", "inputs"},
                    Damage{"\"inputs\": 10", "\"inputs\": 1e300", "inputs"},
                    Damage{"\"inputs\"", "\"input\"", "inputs"},
                    Damage{"\"strategy\":2", "\"strategy\":3", "strategy's number"},
                    Damage{"\"strategy\":1,\"classes\"", "\"strategy\":-1,\"classes\"", "strategy"},
                    Damage{"\"reasons\":[", "\"reasons\":7,\"x\":[", "reasons"},
                    Damage{"\"filename\":\"b.jpg\"", "\"filename\":5", "type must be string"},
                    Damage{"\"preselected\": [", "\"preselected\": null, \"x\": [", "type must be array"},
                    Damage{"\"selected\": [", "\"selected\": null, \"x\": [", "selected must be a list"}));

TEST(SelectionFile, WhatIsNoObjectIsCorrupt) {
  for (const std::string text : {"[]", "null", "5", "\"selected\"", "{}"}) EXPECT_FALSE(read_selection(text)) << text;
  EXPECT_FALSE(read_selection(std::string(1'000'000, '[')));
}

}  // namespace
}  // namespace pretag
