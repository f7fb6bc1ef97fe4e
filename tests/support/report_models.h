// Whole report models to test with.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "pretag/report/report_builder.h"
#include "support/report_samples.h"
#include "support/test_images.h"

namespace pretag {

// A unit vector at this angle in the plane.
inline std::vector<float> embedding_at(double angle) {
  return {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
}

// Of six images a0.jpg … a5.jpg, which show cars and persons, the first and the last are selected; a4.jpg is a
// duplicate. Embeddings lie on a circle, 0.1 apart.
inline Selection sample_selection() {
  Selection selection;
  selection.strategies = {"DIVERSITY", "BALANCE of classes"};
  selection.inputs = 6;
  selection.candidates = 5;
  selection.requested = 3;
  selection.selected = {{"a0.jpg", {{0, INFINITY}, {1, 0.5}}}, {"a5.jpg", {{0, 0.479}, {1, 0.25}}}};
  selection.duplicates = {{"a4.jpg", "a3.jpg"}};
  selection.thresholds = {{0, 1}};
  selection.balances = {{1, {{"car", 0.5, 0.6, 0.4}, {"person", 0.5, 0.4, 0.6}}}};
  selection.notes = {"only 2 of 3 images could be selected"};
  return selection;
}

// Two of twelve, in the images of sample_selection().
inline ObjectSelection sample_objects() {
  ObjectSelection objects{.task = "<mine>", .padding = 0, .classes = {{"car", 8, 2}, {"person", 4, 0}}, .selected = {}};
  objects.selected.push_back({.filename = "a0.jpg", .index = 1, .label = "car", .score = 0.9f, .reasons = {}});
  objects.selected.push_back({.filename = "a5.jpg", .index = 2, .label = "car", .score = 0.7f, .reasons = {}});
  return objects;
}

// `selection` must be one of sample_selection()'s images, or null.
inline ReportModel sample_model(const Selection* selection) {
  ReportBuilder builder(
      {"car", "person"}, 0.5f,
      {.selection = selection, .duplicates = selection != nullptr ? &selection->duplicates : nullptr});
  for (int i = 0; i < 6; ++i) {
    std::vector<Detection> detections = {make_detection("car", 0.9f)};
    if (i % 2 == 1) detections.push_back(make_detection("person", 0.8f, {300, 100, 400, 400}));
    if (i == 5) detections.push_back(make_detection("person", 0.7f, {500, 100, 600, 400}));
    builder.add(make_info("a" + std::to_string(i) + ".jpg"), detections, embedding_at(0.1 * i));
  }
  builder.add_failure("broken.jpg", "the file is empty");
  ReportModel model = builder.model();
  model.job.pretag_version = "1.2.3";
  model.job.title = "sample";
  model.job.started_unix = 1'700'000'000;
  model.job.ended_unix = 1'700'000'060;
  const LoadImage load = [](const std::string&) -> Result<Image> { return make_picture(100, 50); };
  if (!add_debug_images(model, builder.debug_choices(), load) || !add_example_pairs(model, load) ||
      !add_picture_map(model, load) || !add_rare_classes(model, builder.rare_choices(), load))
    return {};
  return model;
}

}  // namespace pretag
