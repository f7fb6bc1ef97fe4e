#include <fmt/format.h>

#include "pretag/report/pdf_sections.h"
#include "pretag/report/report_words.h"
#include "pretag/report/text.h"
#include "pretag/report/text_layout.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

struct Figure {
  std::string label, value, note;
};

std::vector<Figure> figures_of_all(const ReportModel& model) {
  const ObjectStatistics& all = model.input;
  const bool looked = looked_for_objects(model);
  return {{"Images", format_count(all.images),
           model.failed_images > 0 ? "of " + format_counted(model.input_images, "file", "files") : ""},
          {"Objects", looked ? format_count(all.objects) : "–", looked ? classes_found(all) : "not looked for"},
          {"Objects per image", looked && all.images > 0 ? format_decimal(all.mean_objects_per_image()) : "–",
           looked ? format_count(all.images_without_objects) + " without any" : ""},
          {"Corrupt files", format_count(model.failed_images), model.failed_images > 0 ? "left out" : "none"}};
}

std::vector<Figure> figures_of_selected(const ReportModel& model) {
  const ReportSelection& selection = *model.selection;
  const ObjectStatistics& selected = *model.selected;
  const bool looked = looked_for_objects(model);
  const Figure duplicates{"Duplicates", model.duplicates.looked_for ? format_count(model.duplicates.total) : "–",
                          !model.duplicates.looked_for ? "not looked for"
                          : model.duplicates.total > 0 ? "left out"
                                                       : "none"};
  if (selection.objects) {
    std::vector<Figure> figures;
    for (const KeyFigure& entry : object_figures(model)) figures.push_back({entry.label, entry.value, entry.note});
    figures.push_back(duplicates);
    return figures;
  }
  return {{"Selected", format_count(selection.selected),
           format_share(model.input.per_image(selection.selected)) + " of the images"},
          {"Objects in them", looked ? format_count(selected.objects) : "–",
           looked ? classes_found(selected) : "not looked for"},
          {"Objects per image", looked && selected.images > 0 ? format_decimal(selected.mean_objects_per_image()) : "–",
           "in the selected images"},
          duplicates};
}

void draw_figures(PdfFlow& flow, const std::vector<Figure>& figures) {
  flow.block(74, [&](PdfDocument& document, const Rect& place) {
    Canvas& canvas = document.canvas();
    const double gap = 14, width = (place.width - 3 * gap) / 4;
    for (size_t i = 0; i < figures.size(); ++i) {
      const double x = place.x + static_cast<double>(i) * (width + gap);
      canvas.fill({x, place.y, width, 2}, Tone::kInk, 0);
      canvas.text(x, place.y + 17, figures[i].label, {.size = 9.5});
      canvas.text(x, place.y + 45, fit_text(figures[i].value, width, 25), {.size = 25});
      canvas.text(x, place.y + 60, fit_text(figures[i].note, width, 8.5), {.size = 8.5, .paint = Tone::kMuted});
    }
  });
}

std::string byline(const ReportModel& model) {
  const int64_t when = model.job.ended_unix != 0 ? model.job.ended_unix : model.job.started_unix;
  std::string line = format_utc(when);
  const auto add = [&](const std::string& part) {
    if (!part.empty()) line += (line.empty() ? "" : " · ") + part;
  };
  add(shorten_middle(model.job.input, 200));
  if (model.job.duration_seconds > 0) add("took " + human_duration(model.job.duration_seconds));
  return line;
}

}  // namespace

void pdf_title(PdfFlow& flow, const ReportModel& model) {
  flow.space(30);
  flow.paragraph("PRETAGGING REPORT", {.size = 9, .paint = Tone::kMuted});
  flow.paragraph(shorten_middle(model.job.title.empty() ? "Pretag report" : model.job.title, 160),
                 {.size = 27, .bold = true});
  flow.paragraph(byline(model), PdfFlow::kMuted);
  flow.space(18);
  draw_figures(flow, figures_of_all(model));
  if (model.selection && model.selected) draw_figures(flow, figures_of_selected(model));
  flow.space(6);
  if (const std::string why = explain_emptiness(model); !why.empty())
    flow.callout(looked_for_objects(model) ? "Nothing to show" : "Without objects", {why});
  if (!model.model.note.empty()) flow.callout("About the model", {model.model.note});
  if (model.selection && !model.selection->notes.empty())
    flow.callout("What the selection could not do, and why", model.selection->notes);
  flow.space(6);
  const double speed = model.job.images_per_second;
  flow.facts({{"Model", model.model.name},
              {"Licence", model.model.license},
              {"Training data", model.model.training_data},
              {"Machine", model.job.machine},
              {"Speed", speed > 0 ? format_decimal(speed, 2) + " images per second" : ""},
              {"Pretag", model.job.pretag_version}});
}

}  // namespace pretag
