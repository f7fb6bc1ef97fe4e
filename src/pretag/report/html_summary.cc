#include <fmt/format.h>

#include "pretag/report/html_sections.h"
#include "pretag/report/report_words.h"
#include "pretag/report/text.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

std::string figure(std::string_view key, std::string_view value, std::string_view label, std::string_view note) {
  return fmt::format(
      "<div data-figure=\"{}\"><dt>{}</dt><dd><span class=\"value\">{}</span><span class=\"note\">{}</span></dd></div>",
      key, label, value, note);
}

// Where images were selected.
std::string figures_of_images(const ReportModel& model) {
  const ReportSelection& selection = *model.selection;
  const ObjectStatistics& selected = *model.selected;
  std::string html = figure("selected", format_count(selection.selected), "Selected",
                            escape_markup(format_share(model.input.per_image(selection.selected))) + " of the images");
  const bool looked = looked_for_objects(model);
  html += figure("selected-objects", looked ? format_count(selected.objects) : "–", "Objects in them",
                 looked ? classes_found(selected) : "not looked for");
  return html + figure("selected-objects-per-image",
                       looked && selected.images > 0 ? format_decimal(selected.mean_objects_per_image()) : "–",
                       "Objects per image",
                       !looked               ? ""
                       : selected.images > 0 ? fmt::format("in the selection; {} in all",
                                                           format_decimal(model.input.mean_objects_per_image()))
                                             : "nothing was selected");
}

// The same for the selection, in a row of their own below.
std::string selected_figures(const ReportModel& model) {
  const std::vector<KeyFigure> of_objects = object_figures(model);
  std::string html;
  for (const KeyFigure& entry : of_objects) {
    html += figure(entry.key, entry.value, entry.label, escape_markup(entry.note));
  }
  if (of_objects.empty()) html = figures_of_images(model);
  const ReportDuplicates& duplicates = model.duplicates;
  return html + figure("duplicates", duplicates.looked_for ? format_count(duplicates.total) : "–", "Duplicates",
                       !duplicates.looked_for ? "not looked for"
                       : duplicates.total > 0 ? "left out: each is kept once"
                                              : "none");
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
  const bool looked = looked_for_objects(model);
  html += figure("objects", looked ? format_count(all.objects) : "–", "Objects",
                 looked ? classes_found(all) : "not looked for");
  html += figure("objects-per-image", looked && all.images > 0 ? format_decimal(all.mean_objects_per_image()) : "–",
                 "Objects per image",
                 looked && all.images > 0 ? fmt::format("on average; {} without any",
                                                        format_counted(all.images_without_objects, "image", "images"))
                                          : "");
  html += figure("corrupt", format_count(model.failed_images), "Corrupt files",
                 any_failed ? escape_markup(format_share(failed_share)) + " of the input" : "none");
  return html + (model.selection ? selected_figures(model) : "") + "</dl>";
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
  html += byline(model) + key_figures(model);
  if (const std::string why = explain_emptiness(model); !why.empty())
    html += "<p class=\"empty\" data-empty>" + escape_markup(why) + "</p>";
  if (!model.model.note.empty())
    html +=
        "<aside class=\"callout\" data-model-note aria-label=\"About the model\"><strong>About the model.</strong> " +
        escape_markup(model.model.note) + " <a href=\"#model\">More on the model</a></aside>";
  return html;
}

}  // namespace pretag
