#include "pretag/report/html_report.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "pretag/report/debug_image.h"
#include "pretag/report/html/assets.h"
#include "pretag/report/report_builder.h"
#include "support/markup_check.h"
#include "support/report_models.h"

namespace pretag {
namespace {

using Detections = std::vector<Detection>;
using testing::HasSubstr;
using testing::Not;

// `images` images with two objects each, and pictures of them.
ReportModel model_with(const std::string& label, const std::string& filename, int images = 1) {
  ReportBuilder builder({label}, 0.5f);
  for (int i = 0; i < images; ++i)
    builder.add(make_info(fmt::format("{}{}", filename, i)),
                Detections{make_detection(label, 0.9f), make_detection(label, 0.6f, {300, 100, 900, 400})});
  ReportModel model = builder.model();
  EXPECT_TRUE(add_debug_images(model, builder.debug_choices(),
                               [](const std::string&) -> Result<Image> { return make_picture(1000, 500); }));
  return model;
}

TEST(HtmlReport, IsWellFormedAndHasItsSections) {
  ReportModel model = model_with("car", "a.jpg");
  model.job.machine = "two cores";
  const std::string html = html_report(model);
  EXPECT_EQ(check_markup(html).problem, "");
  for (const char* id : {"summary", "classes", "examples", "distributions", "model", "run"})
    EXPECT_THAT(html, HasSubstr(fmt::format("<section id=\"{0}\" data-section=\"{0}\"", id)));
  for (const char* figure : {"images", "objects", "objects-per-image", "corrupt"})
    EXPECT_THAT(html, HasSubstr(fmt::format("data-figure=\"{}\"", figure)));
  EXPECT_THAT(html, Not(HasSubstr("{{")));
}

TEST(HtmlReport, ShowsTheNumbersAndTheModelsWarning) {
  ReportModel model = model_with("car", "a.jpg", 3);
  model.model.note = "Misses small objects";
  const std::string html = html_report(model);
  EXPECT_THAT(html, HasSubstr("<strong>6 objects</strong> in 3 images, <strong>2.00</strong> per image"));
  EXPECT_THAT(html, HasSubstr("data-model-note"));
  EXPECT_THAT(html, HasSubstr("Misses small objects"));
}

TEST(HtmlReport, ShowsTheSelectionAndWhatItCouldNotDo) {
  const Selection selection = sample_selection();
  const std::string html = html_report(sample_model(&selection));
  EXPECT_EQ(check_markup(html).problem, "");
  for (const char* id : {"selection", "embeddings", "pairs", "similar", "duplicates", "rare"})
    EXPECT_THAT(html, HasSubstr(fmt::format("data-section=\"{}\"", id)));
  for (const char* part :
       {"2 of 6 images were selected; 3 were asked for, 5 could be chosen.", "only 2 of 3 images could be selected",
        "DIVERSITY (the first) · BALANCE 0.500", "id=\"balance-table-2\"", "data-removed=", "a4.jpg", "-20.0"})
    EXPECT_THAT(html, HasSubstr(part));
}

TEST(HtmlReport, TellsSelectedObjectsFromThoseInTheirImages) {
  Selection selection = sample_selection();
  const auto persons = [&] { return html_report(sample_model(&selection)); };
  EXPECT_THAT(persons(), HasSubstr("4 objects, 2 selected"));
  selection.objects = sample_objects();
  EXPECT_THAT(persons(), HasSubstr("4 objects, 2 in the selected images"));
  selection.objects->task = kPretaggingTask;
  EXPECT_THAT(persons(), HasSubstr("4 objects, 0 selected"));
}

TEST(HtmlReport, TellsNoDuplicatesFromThoseThatNobodyLookedFor) {
  const Selection selection;
  const std::vector<DuplicatePair> none;
  const auto has_figure = [](const std::string& value, const std::string& note) {
    return HasSubstr("data-figure=\"duplicates\"><dt>Duplicates</dt><dd><span class=\"value\">" + value +
                     "</span><span class=\"note\">" + note + "</span>");
  };
  const ReportBuilder looked({"car"}, 0.5f, {.selection = &selection, .duplicates = &none});
  EXPECT_THAT(html_report(looked.model()), has_figure("0", "none"));
  const ReportBuilder not_looked({"car"}, 0.5f, {.selection = &selection});
  EXPECT_THAT(html_report(not_looked.model()), has_figure("–", "not looked for"));
}

TEST(HtmlReport, ShowsTheSelectedObjects) {
  Selection selection = sample_selection();
  selection.objects = sample_objects();
  ReportModel model = sample_model(&selection);
  ASSERT_TRUE(add_crops(model, *selection.objects, [](const SelectedObject& object) -> Result<Image> {
    if (object.index == 2) return Error{ErrorCode::kNotFound, "gone"};
    return make_picture(40, 90);
  }));
  const std::string html = html_report(model);
  EXPECT_EQ(check_markup(html).problem, "");
  EXPECT_THAT(html, HasSubstr("data-section=\"objects\""));
  EXPECT_THAT(html, HasSubstr("2 of 12 objects were selected (&lt;mine&gt;), in 2 images; 3 were asked for"));
  EXPECT_THAT(html, HasSubstr("data-crop=\"a0-jpg-&lt;mine&gt;-001.png\""));
  EXPECT_THAT(html, Not(HasSubstr("data-crop=\"a5-jpg-&lt;mine&gt;-002.png\"")));
  EXPECT_THAT(html, HasSubstr("data-chart=\"selected_objects_histogram\""));
  EXPECT_THAT(html, HasSubstr("data-figure=\"selected-crops\""));
  EXPECT_THAT(html, Not(HasSubstr("data-figure=\"selected-objects\"")));
  EXPECT_THAT(html, HasSubstr("Objects left out"));
}

TEST(HtmlReport, SaysThatNoObjectWasSelected) {
  Selection selection;
  selection.objects = {.task = "t", .padding = 0, .classes = {{"car", 0, 0}}, .selected = {}};
  const std::string html = html_report(sample_model(&selection));
  EXPECT_EQ(check_markup(html).problem, "");
  EXPECT_THAT(html, HasSubstr("0 of 0 objects were selected (t), in 0 images"));
}

TEST(HtmlReport, ShowsTheMapInPictures) {
  const Selection selection = sample_selection();
  ReportModel model = sample_model(&selection);
  std::string html = html_report(model);
  EXPECT_EQ(check_markup(html).problem, "");
  EXPECT_THAT(html, HasSubstr("id=\"picture-map\""));
  EXPECT_THAT(html, HasSubstr("of them selected\" data-filename=\"a"));
  // Two of six images are.
  int64_t images = 0, selected = 0;
  for (const MapTile& tile : model.map.tiles) images += tile.images, selected += tile.selected;
  EXPECT_EQ(images, 6);
  EXPECT_EQ(selected, 2);

  html = html_report(sample_model(nullptr));
  EXPECT_THAT(html, HasSubstr("id=\"picture-map\""));
  EXPECT_THAT(html, Not(HasSubstr("of them selected")));
  // Nothing of it is left where no picture can be opened again.
  ASSERT_TRUE(add_picture_map(model, [](const std::string&) -> Result<Image> {
    return Error{ErrorCode::kIo, "gone"};
  }));
  EXPECT_THAT(html_report(model), Not(HasSubstr("picture-map")));
}

TEST(HtmlReport, SaysNothingOfASelectionWithoutOne) {
  const std::string html = html_report(sample_model(nullptr));
  for (const char* id : {"selection", "pairs", "duplicates"})
    EXPECT_THAT(html, Not(HasSubstr(fmt::format("data-section=\"{}\"", id))));
}

TEST(HtmlReport, ShowsAnEmptySelection) {
  Selection nothing;
  nothing.requested = 5;
  nothing.notes = {"every image was left out by a threshold"};
  const std::string html = html_report(sample_model(&nothing));
  EXPECT_EQ(check_markup(html).problem, "");
  EXPECT_THAT(html, HasSubstr("0 of 6 images were selected"));
  EXPECT_THAT(html, HasSubstr("every image was left out by a threshold"));
}

TEST(HtmlReport, AsksNobodyForAnything) {
  const std::string html = html_report(model_with("car", "a.jpg"));
  // The one address in it is the name of SVG's namespace, which nobody opens.
  std::string without_namespace = html;
  const std::string name = "http://www.w3.org/2000/svg";
  for (size_t at; (at = without_namespace.find(name)) != std::string::npos;) without_namespace.erase(at, name.size());
  EXPECT_THAT(without_namespace, Not(HasSubstr("http:")));
  EXPECT_THAT(without_namespace, Not(HasSubstr("https:")));
  EXPECT_THAT(without_namespace, Not(HasSubstr("@import")));
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
}

TEST(HtmlReport, AllowsExactlyItsOwnScript) {
  const std::string html = html_report(model_with("car", "a.jpg"));
  const size_t begin = html.find("<script>") + 8;
  EXPECT_EQ(html.substr(begin, html.find("</script>", begin) - begin), kReportJs);
  // 32 bytes in base64.
  const size_t hash = html.find("'sha256-") + 8;
  EXPECT_EQ(html.find('\'', hash) - hash, 44u);
}

TEST(HtmlReport, LetsNoNameBecomeMarkup) {
  const std::string evil = "</script><script>alert(1)</script><img src=x onerror=\"alert(2)\" '>{{style}}";
  ReportModel model = model_with(evil, evil + "/");
  model.job.title = model.job.input = model.job.machine = model.job.precision = evil;
  model.job.config = {{evil, evil}};
  model.job.stages = {{evil, 1}};
  model.model.name = model.model.note = model.model.license = evil;
  model.failures = {{evil, evil}};
  model.failed_images = 1;
  Selection selection = sample_selection();
  selection.strategies = {evil, evil};
  selection.notes = {evil};
  selection.selected = {{evil, {{0, 1}}}};
  selection.duplicates = {{evil, evil}};
  selection.balances[0].classes[0].name = evil;
  model.selection = report_selection(selection);
  model.selected = model.input;
  model.example_pairs = {{{evil, evil, 1}, {}, {}}};
  model.embeddings.similar_pairs = {{evil, evil, 1, true, false}};
  model.rare_classes = {{evil, model.debug_images}};
  const std::string html = html_report(model);
  const MarkupFacts facts = check_markup(html);
  EXPECT_EQ(facts.problem, "");
  EXPECT_FALSE(facts.attributes.contains("onerror"));
  EXPECT_THAT(html, Not(HasSubstr("<script>alert")));
  EXPECT_EQ(html.find("<script"), html.rfind("<script"));
  EXPECT_EQ(html.find("<style"), html.rfind("<style"));
}

TEST(HtmlReport, TakesBytesThatAreNoText) {
  ReportModel model = model_with("car\xff", "a\xfe\x01.jpg");
  const std::string html = html_report(model);
  EXPECT_EQ(check_markup(html).problem, "");
  EXPECT_THAT(html, HasSubstr("car\uFFFD"));
}

TEST(HtmlReport, ExplainsItselfWhenThereIsNothingToShow) {
  EXPECT_THAT(html_report(ReportModel{}), HasSubstr("The input holds no images"));

  ReportBuilder corrupt({"car"}, 0.5f);
  corrupt.add_failure("a.jpg", "the file is empty");
  const std::string all_corrupt = html_report(corrupt.model());
  EXPECT_THAT(all_corrupt, HasSubstr("None of the files could be read"));
  EXPECT_THAT(all_corrupt, HasSubstr("the file is empty"));

  ReportBuilder nothing({"car"}, 0.5f);
  nothing.add(make_info("a.jpg"), Detections{});
  const std::string no_objects = html_report(nothing.model());
  EXPECT_THAT(no_objects, HasSubstr("No objects were found with a score of 0.50 or more"));
  EXPECT_EQ(check_markup(no_objects).problem, "");
}

TEST(HtmlReport, SaysWhereTheFailuresAreThatItDoesNotList) {
  ReportBuilder builder({"car"}, 0.5f);
  for (size_t i = 0; i <= kMostListedFailures; ++i) builder.add_failure(fmt::format("{}.jpg", i), "the file is empty");
  ReportModel model = builder.model();
  model.job.config = {{"enable_corruptness_check", "true"}};
  EXPECT_THAT(html_report(model), HasSubstr("The first 200 of 201; filenames/corrupt_filenames.txt names them all"));
  // The run makes no list then, and removes an earlier one.
  model.job.config = {{"enable_corruptness_check", "false"}};
  EXPECT_THAT(html_report(model), HasSubstr("The first 200 of 201; run.db names them all"));
}

TEST(HtmlReport, SaysOfWhatEachWidthOfAChartHasRoomFor) {
  std::vector<std::string> classes;
  std::vector<Detection> detections;
  for (int i = 0; i < 30; ++i) detections.push_back(make_detection(classes.emplace_back(fmt::format("c{}", i)), 0.9f));
  ReportBuilder builder(classes, 0.5f);
  builder.add(make_info("a.jpg"), detections);
  const std::string html = html_report(builder.model());
  EXPECT_EQ(check_markup(html).problem, "");
  EXPECT_THAT(html, HasSubstr("<span class=\"for-wide\">The 20 most frequent of 30 classes. Of the images"));
  EXPECT_THAT(html, HasSubstr("<span class=\"for-narrow\">The 10 most frequent of 30 classes. Of the images"));
}

TEST(HtmlReport, HasNoExamplesWhenNoneWereAskedFor) {
  ReportBuilder builder({"car"}, 0.5f);
  builder.add(make_info("a.jpg"), Detections{make_detection("car", 0.9f)});
  EXPECT_THAT(html_report(builder.model()), Not(HasSubstr("id=\"examples\"")));
}

TEST(HtmlReport, StaysBelowFiveMegabytesAtItsWorst) {
  ReportModel model = model_with("car", "a.jpg");
  DebugImage image = model.debug_images[0];
  image.filename = std::string(4000, 'n');
  image.detections.assign(kMostDrawnDetections, make_detection("a class with a long name", 0.9f));
  image.preview_jpeg.resize(120 * 1024);
  model.debug_images.assign(100, image);
  model.failures.assign(kMostListedFailures, {std::string(4000, 'f'), std::string(4000, 'r')});
  Selection selection;
  selection.selected.assign(kMostListedSelected, {std::string(4000, 's'), {{0, 1}}});
  selection.duplicates.assign(kMostListedDuplicates, {std::string(4000, 'd'), std::string(4000, 'k')});
  model.selection = report_selection(selection);
  model.selected = model.input;
  image.preview_jpeg.resize(kSmallBytes);
  image.detections.resize(20);
  model.rare_classes.assign(RareChooser::kMostClasses, {"rare", {RareChooser::kPictures, image}});
  const Thumbnail thumbnail{480, 480, std::vector<std::byte>(kSmallBytes)};
  model.example_pairs.assign(50, {{"a", "b", 1}, thumbnail, thumbnail});
  model.embeddings.images = 1'000'000;
  for (size_t i = 0; i < kMostScatterPoints; ++i)
    model.embeddings.input_points.push_back({"",
                                             {std::sin(static_cast<double>(i)), std::cos(7.0 * static_cast<double>(i))},
                                             {0.001 * static_cast<double>(i), 0}});
  model.map = {10, 10, {}};
  model.map.tiles.assign(kMostMapTiles,
                         {.filename = "a", .images = 1, .picture = {192, 192, std::vector<std::byte>(kTileBytes)}});
  model.failed_images = 1'000'000;
  model.selection->objects = {.task = "t", .inputs = 9, .selected = 1, .classes = {{"car", 9, 1}}};
  const SelectedObject object{.filename = std::string(4000, 'o'), .label = "a class with a long name"};
  model.crops.assign(kMostCrops, {object, {192, 192, std::vector<std::byte>(kTileBytes)}});
  const std::string html = html_report(model);
  EXPECT_LT(html.size(), 5'000'000u);
  size_t pictures = 0;
  for (size_t at = html.find("<img "); at != std::string::npos; at = html.find("<img ", at + 1)) ++pictures;
  EXPECT_GE(pictures, 10u);
  EXPECT_THAT(html, HasSubstr("of 50 pairs; report.pdf shows all of them"));
  EXPECT_THAT(html, HasSubstr("of 100 pictures; data/bounding_boxes_examples holds all of them"));
}

}  // namespace
}  // namespace pretag
