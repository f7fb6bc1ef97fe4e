#include "pretag/report/plots.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "pretag/report/report_builder.h"
#include "support/markup_check.h"
#include "support/report_models.h"

namespace pretag {
namespace {

using testing::HasSubstr;
using testing::Not;
using Detections = std::vector<Detection>;

ReportModel small_model() {
  ReportBuilder builder({"bus", "car"}, 0.5f);
  builder.add(make_info("a.jpg"), Detections{make_detection("car", 0.9f), make_detection("car", 0.8f)});
  builder.add(make_info("b.jpg"), Detections{make_detection("car", 0.7f), make_detection("bus", 0.6f)});
  return builder.model();
}

TEST(Plots, AreWellFormedForEveryKindOfModel) {
  ReportModel crowded = small_model();
  crowded.input.objects_per_image[kMostObjectsPerImage] = 3;
  const Selection selection = sample_selection();
  for (const ReportModel& model :
       {ReportModel{}, small_model(), crowded, sample_model(nullptr), sample_model(&selection)}) {
    for (const MakeChart& make_chart : plots_of(model)) {
      for (const double width : {330.0, 860.0}) {
        const Chart chart = make_chart(model, width);
        EXPECT_EQ(check_markup(svg_file(chart)).problem, "") << chart.name;
        EXPECT_TRUE(png_file(chart, 1)) << chart.name;
      }
    }
  }
}

TEST(PretaggingHistogram, ShowsCountsAndSharesMostFrequentFirst) {
  const std::string svg = inline_svg(pretagging_histogram(small_model(), 800));
  EXPECT_THAT(svg, HasSubstr(">3 · 75.0 %</text>"));
  EXPECT_THAT(svg, HasSubstr(">1 · 25.0 %</text>"));
  EXPECT_LT(svg.find(">car</text>"), svg.find(">bus</text>"));
}

TEST(PretaggingHistogram, ComparesWithTheSelectionOnceThereIsOne) {
  ReportModel model = small_model();
  EXPECT_THAT(inline_svg(pretagging_histogram(model, 800)), Not(HasSubstr(">Selected</text>")));
  ReportBuilder selection({"bus", "car"}, 0.5f);
  selection.add(make_info("b.jpg"), Detections{make_detection("car", 0.7f), make_detection("bus", 0.6f)});
  model.selected = selection.model().input;
  const std::string svg = inline_svg(pretagging_histogram(model, 800));
  EXPECT_THAT(svg, HasSubstr(">Selected</text>"));
  EXPECT_THAT(svg, HasSubstr(">1 · 50.0 %</text>"));
}

TEST(PretaggingHistogram, LeavesOutEmptyClassesOfALongListOnly) {
  std::vector<std::string> classes = {"car"};
  EXPECT_THAT(inline_svg(pretagging_histogram(ReportBuilder(classes, 0.5f).model(), 800)), HasSubstr(">car</text>"));
  for (int i = 0; i < 90; ++i) classes.push_back("class_" + std::to_string(i));
  ReportBuilder builder(classes, 0.5f);
  builder.add(make_info("a.jpg"), Detections{make_detection("class_7", 0.9f)});
  const std::string svg = inline_svg(pretagging_histogram(builder.model(), 800));
  EXPECT_THAT(svg, HasSubstr(">class_7</text>"));
  EXPECT_THAT(svg, Not(HasSubstr(">car</text>")));
}

TEST(Plots, SayWhichClassesTheyShow) {
  std::vector<std::string> classes;
  std::vector<Detection> detections;
  for (int i = 0; i < 300; ++i) {
    classes.push_back("class_" + std::to_string(i));
    detections.push_back(make_detection(classes.back(), 0.9f));
  }
  Selection selection;
  selection.selected = {{"a.jpg", {}}};
  selection.objects = {.task = "t", .padding = 0, .classes = {}, .selected = {}};
  for (const std::string& name : classes) selection.objects->classes.push_back({name, 2, 1});
  ReportBuilder before(classes, 0.5f), after(classes, 0.5f, {.selection = &selection});
  for (ReportBuilder* builder : {&before, &after}) builder->add(make_info("a.jpg"), detections);
  const ReportModel all = before.model(), chosen = after.model();
  const auto says = [](const std::string& number) {
    return testing::StartsWith("The " + number + " most frequent of 300 classes. ");
  };
  for (const Chart& chart : {pretagging_histogram(all, 800), pretagging_histogram(chosen, 800),
                             pretagging_histogram_after(chosen, 800), selected_objects_histogram(chosen, 800)})
    EXPECT_THAT(chart.subtitle, says("100")) << chart.name;
  EXPECT_THAT(class_distributions(all, 800).subtitle, says("30"));
  EXPECT_THAT(class_cooccurrence(all, 800).subtitle, says("20"));
  EXPECT_THAT(class_cooccurrence(all, 330).subtitle, says("10"));
  EXPECT_THAT(pretagging_histogram(small_model(), 800).subtitle, Not(HasSubstr("most frequent")));
}

TEST(ObjectsPerImageHistogram, MarksTheMean) {
  const std::string svg = inline_svg(objects_per_image_histogram(small_model(), 800));
  EXPECT_THAT(svg, HasSubstr(">mean 2.00</text>"));
  EXPECT_THAT(svg, HasSubstr("<title>2 objects: 2 images</title>"));
}

TEST(ObjectsPerImageHistogram, JoinsCountsWhereThereAreTooManyColumns) {
  ReportModel model = small_model();
  model.input.objects_per_image[kMostObjectsPerImage] = 3;
  const std::string svg = inline_svg(objects_per_image_histogram(model, 800));
  EXPECT_THAT(svg, HasSubstr("<title>0–4 objects: 2 images</title>"));
  EXPECT_THAT(svg, HasSubstr("<title>100 or more objects: 3 images</title>"));
}

TEST(Plots, AreThoseThatHaveSomethingToShow) {
  const auto names = [](const ReportModel& model) {
    std::set<std::string> found;
    for (const MakeChart& make_chart : plots_of(model)) found.insert(make_chart(model, 800).name);
    return found;
  };
  const Selection selection = sample_selection();
  const std::set<std::string> of_selection = {"pretagging_histogram_after", "distance_distr_after",
                                              "distance_to_selected"};
  const std::set<std::string> with = names(sample_model(&selection)), without = names(sample_model(nullptr));
  for (const std::string& name : of_selection) {
    EXPECT_TRUE(with.contains(name)) << name;
    EXPECT_FALSE(without.contains(name)) << name;
  }
  for (const char* name : {"pretagging_histogram_before", "scatter_pca", "class_cooccurrence", "distance_distr_before"})
    EXPECT_TRUE(without.contains(name)) << name;
  EXPECT_FALSE(names(ReportModel{}).contains("scatter_pca"));
}

TEST(Plots, SpeakOfNoObjectsWhereNobodyLookedForThem) {
  ReportBuilder builder({}, 0);
  builder.add(make_info("a.jpg"), Detections{});
  std::set<std::string> names;
  for (const MakeChart& make_chart : plots_of(builder.model())) names.insert(make_chart(builder.model(), 800).name);
  EXPECT_THAT(names, testing::ElementsAre("brightness", "sharpness"));
}

TEST(DistanceToSelected, SaysWhatIsASampleAndWhatLiesBeyond) {
  Selection selection;
  selection.selected = {{"s.jpg", {}}};
  ReportBuilder builder({"car"}, 0.5f, {.selection = &selection});
  builder.add(make_info("s.jpg"), Detections{}, embedding_at(0));
  for (int i = 0; i < 100; ++i)
    builder.add(make_info(std::to_string(i) + ".jpg"), Detections{}, embedding_at(i < 96 ? 0.1 : 1));
  ReportModel model = builder.model();
  const std::string svg = inline_svg(distance_to_selected(model, 800));
  EXPECT_THAT(svg, HasSubstr("or more: 4 images</title>"));
  EXPECT_THAT(distance_to_selected(model, 800).subtitle, HasSubstr("Of 100 images that were not selected: "));
  model.embeddings.removed = 990'000;
  EXPECT_THAT(distance_to_selected(model, 800).subtitle,
              HasSubstr("Of 100 drawn from the 990,000 images that were not selected: "));
}

TEST(ObjectsPerImageHistogram, ComparesSharesOnceThereIsASelection) {
  const Selection selection = sample_selection();
  const std::string svg = inline_svg(objects_per_image_histogram(sample_model(&selection), 800));
  EXPECT_THAT(svg, HasSubstr(">Selected</text>"));
  EXPECT_THAT(svg, HasSubstr("<title>1 objects: 3 images, 1 selected</title>"));
}

TEST(ClassCooccurrence, CountsImagesThatShowBoth) {
  const std::string svg = inline_svg(class_cooccurrence(sample_model(nullptr), 800));
  EXPECT_THAT(svg, HasSubstr("<title>3 of 6 images with car show person, too</title>"));
  EXPECT_THAT(svg, HasSubstr("<title>3 of 3 images with person show car, too</title>"));
}

TEST(ScoreHistogram, MarksTheThreshold) {
  EXPECT_THAT(inline_svg(score_histogram(small_model(), 800)), HasSubstr(">threshold 0.50</text>"));
}

}  // namespace
}  // namespace pretag
