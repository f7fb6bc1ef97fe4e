#include "pretag/report/report_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "pretag/data/accuracy.h"
#include "pretag/report/text.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

// "int8", "int8, accuracy=fast".
std::string computed_in(const JobFacts& job) {
  if (job.accuracy.empty() || job.accuracy == name_of(Accuracy::kFull)) return job.precision;
  return fmt::format("{}, accuracy={}", job.precision, job.accuracy);
}

}  // namespace

std::string picture_map_caption(bool has_selection) {
  return has_selection
             ? "Each is the middle of its part of the map; the line below it says how much of that part is selected."
             : "Each is the middle of its part of the map.";
}

std::string explain_emptiness(const ReportModel& model) {
  if (model.input_images == 0)
    return "The input holds no images. Check the folder and the list of relevant file names.";
  if (model.input.images == 0) return "None of the files could be read as an image. The reasons are listed below.";
  if (model.input.objects > 0) return {};
  if (!looked_for_objects(model))
    return "Objects were not looked for, as pretagging was off. This report is about the images themselves.";
  return fmt::format(
      "No objects were found with a score of {} or more. A lower score threshold shows what the model was less sure "
      "of.",
      format_decimal(static_cast<double>(model.model.score_threshold)));
}

bool looked_for_objects(const ReportModel& model) { return !model.input.classes.empty(); }

std::string selected_of_class(const ReportModel& model, const std::string& name) {
  if (!model.selected) return {};
  const int64_t in_images = model.selected->objects_of(name);
  if (!model.selection || !model.selection->objects) return format_count(in_images) + " selected";
  const auto& objects = *model.selection->objects;
  if (objects.task != kPretaggingTask) return format_count(in_images) + " in the selected images";
  const auto found = std::ranges::find(objects.classes, name, &ObjectSelection::Class::name);
  return format_count(found == objects.classes.end() ? 0 : found->selected) + " selected";
}

std::string list_of_failures(const ReportModel& model) {
  const std::pair<std::string, std::string> unlisted = {"enable_corruptness_check", "false"};
  const bool has_list = std::ranges::find(model.job.config, unlisted) == model.job.config.end();
  return has_list ? "filenames/corrupt_filenames.txt" : "run.db";
}

std::vector<BeforeAfter> before_and_after(const ReportModel& model) {
  const ObjectStatistics &all = model.input, &selected = *model.selected;
  std::vector<BeforeAfter> rows = {{"Images", format_count(all.images), format_count(selected.images)}};
  const auto add = [&](const std::string& name, const auto& text_of) {
    const auto known = [&](const ObjectStatistics& some) { return some.images > 0 ? text_of(some) : "–"; };
    rows.push_back({name, known(all), known(selected)});
  };
  using Statistics = const ObjectStatistics&;
  if (looked_for_objects(model)) {
    add("Objects", [](Statistics some) { return format_count(some.objects); });
    add("Objects per image", [](Statistics some) { return format_decimal(some.mean_objects_per_image()); });
    add("Images without objects",
        [](Statistics some) { return format_share(some.per_image(some.images_without_objects)); });
    add("Classes found", [](Statistics some) { return format_count(some.classes_found()); });
  }
  add("Brightness, mean", [](Statistics some) { return format_decimal(some.luminance.mean, 1); });
  add("Sharpness, mean", [](Statistics some) { return format_decimal(some.sharpness.mean, 1); });
  return rows;
}

std::vector<KeyFigure> object_figures(const ReportModel& model) {
  if (!model.selection || !model.selection->objects) return {};
  const ReportObjects& objects = *model.selection->objects;
  return {{"selected-crops", format_count(objects.selected), "Selected objects",
           format_share(objects.share_of_inputs(objects.selected)) + " of " + format_count(objects.inputs)},
          {"selected", format_count(model.selection->selected), "In images",
           format_share(model.input.per_image(model.selection->selected)) + " of the images"},
          {"selected-classes", format_count(objects.classes_selected()), "Classes among them",
           fmt::format("of {}", objects.classes.size())}};
}

std::string selection_sentence(const ReportModel& model) {
  if (!model.selection) return {};
  const ReportSelection& selection = *model.selection;
  const auto& objects = selection.objects;
  const int64_t selected = objects ? objects->selected : selection.selected;
  const int64_t inputs = objects ? objects->inputs : model.input.images;
  std::string text =
      fmt::format("{} of {} {} selected", format_count(selected),
                  objects ? format_counted(inputs, "object", "objects") : format_counted(inputs, "image", "images"),
                  selected == 1 ? "was" : "were");
  if (objects)
    text += fmt::format(" ({}), in {}", objects->task, format_counted(selection.selected, "image", "images"));
  if (selection.requested != selected)
    text +=
        fmt::format("; {} asked for", selection.requested == 1 ? "1 was" : format_count(selection.requested) + " were");
  if (selection.candidates != inputs) text += fmt::format(", {} could be chosen", format_count(selection.candidates));
  text += ".";
  const int64_t preselected = objects ? objects->preselected : selection.preselected;
  if (preselected > 0)
    text += fmt::format(" {} from an earlier selection and {} as chosen.",
                        objects ? format_counted(preselected, "further object is", "further objects are")
                                : format_counted(preselected, "further image is", "further images are"),
                        preselected == 1 ? "counts" : "count");
  return text;
}

std::string classes_found(const ObjectStatistics& statistics) {
  return fmt::format("{} of {}", statistics.classes_found(),
                     format_counted(static_cast<int64_t>(statistics.classes.size()), "class", "classes"));
}

std::string stage_time(double seconds) {
  return seconds < 60 ? format_decimal(seconds, 1) + " s" : human_duration(seconds);
}

std::vector<std::pair<std::string, std::string>> job_fact_list(const JobFacts& job) {
  return {{"Input", job.input},
          {"Started", format_utc(job.started_unix)},
          {"Ended", format_utc(job.ended_unix)},
          {"Duration", job.duration_seconds > 0 ? stage_time(job.duration_seconds) : ""},
          {"Speed", job.images_per_second > 0 ? format_decimal(job.images_per_second, 2) + " images per second" : ""},
          {"Machine", job.machine},
          {"Threads", job.threads > 0 ? format_count(job.threads) : ""},
          {"Pretag", job.pretag_version}};
}

std::vector<std::pair<std::string, std::string>> model_fact_list(const ReportModel& model) {
  const ModelFacts& facts = model.model;
  return {
      {"Model", facts.name},
      {"Architecture", facts.architecture},
      {"Training data", facts.training_data},
      {"Licence", facts.license},
      {"Score threshold", looked_for_objects(model) ? format_decimal(static_cast<double>(facts.score_threshold)) : ""},
      {"Computed in", computed_in(model.job)},
      {"SHA-256", facts.sha256}};
}

}  // namespace pretag
