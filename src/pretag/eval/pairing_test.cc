#include "pretag/eval/pairing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pretag {
namespace {

using testing::ElementsAre;

TEST(Pairing, FindsTheImagesInBothAndNamesTheRest) {
  const Pairing pairing = pair_images({{"d", 5, 5, {}}, {"b", 5, 5, {}}, {"a", 5, 5, {}}, {"e", 6, 5, {}}},
                                      {{"c", 5, 5, {}}, {"b", 5, 5, {}}, {"e", 5, 5, {}}, {"f", 5, 5, {}}});
  ASSERT_EQ(pairing.images.size(), 2u);
  EXPECT_EQ(pairing.images[0].prediction.filename, "b");
  EXPECT_EQ(pairing.images[0].truth.filename, "b");
  EXPECT_EQ(pairing.images[1].truth.filename, "e");
  EXPECT_THAT(pairing.without_label, ElementsAre("a", "d"));
  EXPECT_THAT(pairing.without_prediction, ElementsAre("c", "f"));
  EXPECT_THAT(pairing.size_differs, ElementsAre("e"));
}

TEST(Pairing, OfNothingWithSomething) {
  EXPECT_THAT(pair_images({}, {{"a", 1, 1, {}}}).without_prediction, ElementsAre("a"));
  EXPECT_THAT(pair_images({{"a", 1, 1, {}}}, {}).without_label, ElementsAre("a"));
}

TEST(Pairing, ClassesKeepTheModelsOrder) {
  const ClassPairing pairing = pair_classes({"car", "bus", "person"}, {"person", "rider", "car"});
  EXPECT_THAT(pairing.common, ElementsAre("car", "person"));
  EXPECT_THAT(pairing.only_in_labels, ElementsAre("rider"));
  EXPECT_THAT(pairing.only_in_model, ElementsAre("bus"));
}

TEST(Pairing, RenamedClassesMayBecomeOne) {
  LabelSet labels{{"rider", "person", "Car"}, {{"a", 1, 1, {{{}, "rider", 0, false}, {{}, "Car", 0, false}}}}};
  rename_classes(labels, {{"rider", "person"}, {"Car", "car"}});
  EXPECT_THAT(labels.classes, ElementsAre("person", "car"));
  EXPECT_EQ(labels.images[0].objects[0].label, "person");
  EXPECT_EQ(labels.images[0].objects[1].label, "car");
}

}  // namespace
}  // namespace pretag
