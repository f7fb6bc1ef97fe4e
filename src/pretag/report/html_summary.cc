#include <fmt/format.h>

#include "pretag/report/html_sections.h"
#include "pretag/report/text.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

std::string figure(std::string_view key, std::string_view value, std::string_view label, std::string_view note) {
  return fmt::format(
      "<div data-figure=\"{}\"><dt>{}</dt><dd><span class=\"value\">{}</span><span class=\"note\">{}</span></dd></div>",
      key, label, value, note);
}

std::string objects_note(const ObjectStatistics& statistics) {
  int64_t found = 0;
  for (const ClassStatistics& entry : statistics.classes) found += entry.objects > 0 ? 1 : 0;
  return fmt::format("{} of {}", found,
                     format_counted(static_cast<int64_t>(statistics.classes.size()), "class", "classes"));
}

// Four numbers, each with a note below it.
std::string key_figures(const ReportModel& model) {
  const ObjectStatistics& all = model.input;
  const bool any_files = model.input_images > 0, any_failed = model.failed_images > 0;
  const double failed_share =
      any_files ? static_cast<double>(model.failed_images) / static_cast<double>(model.input_images) : 0;
  std::string html = "<dl class=\"figures\">";
  html += figure("images", format_count(all.images), "Images",
                 any_failed  ? fmt::format("of {}", format_counted(model.input_images, "file", "files"))
                 : any_files ? "every file was read"
                             : "nothing was found");
  html += figure("objects", format_count(all.objects), "Objects", objects_note(all));
  html += figure(
      "objects-per-image", all.images > 0 ? format_decimal(all.mean_objects_per_image()) : "–", "Objects per image",
      all.images > 0
          ? fmt::format("on average; {} without any", format_counted(all.images_without_objects, "image", "images"))
          : "");
  html += figure("corrupt", format_count(model.failed_images), "Corrupt files",
                 any_failed ? escape_markup(format_share(failed_share)) + " of the input" : "none");
  return html + "</dl>";
}

// One sentence where the numbers alone would leave the reader guessing.
std::string empty_state(const ReportModel& model) {
  std::string text;
  if (model.input_images == 0) {
    text = "The input holds no images. Check the folder and the list of relevant file names.";
  } else if (model.input.images == 0) {
    text = "None of the files could be read as an image. The reasons are listed below.";
  } else if (model.input.objects == 0) {
    text = fmt::format(
        "No objects were found with a score of {} or more. A lower score threshold shows what the model "
        "was less sure of.",
        format_decimal(static_cast<double>(model.model.score_threshold)));
  }
  return text.empty() ? text : "<p class=\"empty\" data-empty>" + text + "</p>";
}

std::string byline(const ReportModel& model) {
  std::string line;
  const auto add = [&](const std::string& part) {
    if (!part.empty()) line += (line.empty() ? "" : "<span aria-hidden=\"true\"> · </span>") + part;
  };
  const int64_t when = model.job.ended_unix != 0 ? model.job.ended_unix : model.job.started_unix;
  if (when != 0) add(fmt::format("<time datetime=\"{}\">{}</time>", format_utc_iso(when), format_utc(when)));
  if (!model.job.input.empty()) add("<bdi>" + escape_markup(shorten_middle(model.job.input, 120)) + "</bdi>");
  if (model.job.duration_seconds > 0) add("took " + human_duration(model.job.duration_seconds));
  return "<p class=\"byline\">" + line + "</p>";
}

}  // namespace

std::string html_summary(const ReportModel& model) {
  const std::string title = model.job.title.empty() ? "Pretag report" : model.job.title;
  std::string html =
      "<p class=\"eyebrow\">Pretagging report</p><h1>" + escape_markup(shorten_middle(title, 160)) + "</h1>";
  html += byline(model) + key_figures(model) + empty_state(model);
  if (!model.model.note.empty())
    html +=
        "<aside class=\"callout\" data-model-note aria-label=\"About the model\"><strong>About the model.</strong> " +
        escape_markup(model.model.note) + " <a href=\"#model\">More on the model</a></aside>";
  return html;
}

}  // namespace pretag
