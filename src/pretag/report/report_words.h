// Sentences that report.html and report.pdf share.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "pretag/report/report_model.h"

namespace pretag {

// Why there is nothing to see, where the numbers alone would leave the reader guessing; else empty.
std::string explain_emptiness(const ReportModel& model);
// "200 of 2,000 images were selected …"; empty without a selection.
// What the top of a report says of a selection among objects; empty where images were selected.
struct KeyFigure {
  std::string key, value, label, note;
};
std::vector<KeyFigure> object_figures(const ReportModel& model);
std::string selection_sentence(const ReportModel& model);
// False where the run had no pretagging: there are no objects to speak of then, not even none.
bool looked_for_objects(const ReportModel& model);
// The file of the run folder that names every file that could not be read: there is a list only where the run made one.
std::string list_of_failures(const ReportModel& model);
// What stands below the map in pictures.
std::string picture_map_caption(bool has_selection);
// "9 selected", of a class; where objects were selected, how many of these, or, if they are of another task, "9 in the
// selected images". Empty without a selection.
std::string selected_of_class(const ReportModel& model, const std::string& name);
// How the selected images differ from all; "–" where there is nothing to tell. With a selection only.
struct BeforeAfter {
  std::string name, before, after;
};
std::vector<BeforeAfter> before_and_after(const ReportModel& model);
// "3 of 7 classes"
std::string classes_found(const ObjectStatistics& statistics);
// Short times show tenths, long ones read as people say them.
std::string stage_time(double seconds);
// The job and the model as names and values; empty values are to be left out.
std::vector<std::pair<std::string, std::string>> job_fact_list(const JobFacts& job);
std::vector<std::pair<std::string, std::string>> model_fact_list(const ReportModel& model);

}  // namespace pretag
