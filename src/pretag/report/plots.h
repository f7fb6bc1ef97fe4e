// The charts of a report. A further chart is one function here and one line in plots.cc.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "pretag/report/chart.h"
#include "pretag/report/report_model.h"

namespace pretag {

inline constexpr double kPlotWidth = 860;  // of the files in plots/; report.html and report.pdf ask for others too

// Of the classes (plot_classes.cc).
// Objects a class, the most frequent first; grouped before/after once there is a selection.
Chart pretagging_histogram(const ReportModel& model, double width);
// The same in parts that fit on a page, all on one scale.
std::vector<Chart> pretagging_histogram_parts(const ReportModel& model, double width);
// The same of all images, and of the selected ones alone.
Chart pretagging_histogram_before(const ReportModel& model, double width);
Chart pretagging_histogram_after(const ReportModel& model, double width);
// Where objects were selected: those of each class among all and among the selected ones.
Chart selected_objects_histogram(const ReportModel& model, double width);
std::vector<Chart> selected_objects_histogram_parts(const ReportModel& model, double width);
// For each of the most frequent classes, its scores and the sizes of its boxes.
Chart class_distributions(const ReportModel& model, double width);
// Of the images that show one class, how many show another.
Chart class_cooccurrence(const ReportModel& model, double width);

// Of images and boxes (plot_images.cc); before/after once there is a selection, unless said otherwise.
// Images by the number of objects in them, with the mean.
Chart objects_per_image_histogram(const ReportModel& model, double width);
// Every detection by its score, with the threshold; of all images.
Chart score_histogram(const ReportModel& model, double width);
// Objects by the share of the image that their box covers; of all images.
Chart box_size_histogram(const ReportModel& model, double width);
Chart brightness_histogram(const ReportModel& model, double width);
Chart sharpness_histogram(const ReportModel& model, double width);

// Of the embeddings (plot_embeddings.cc).
// In two dimensions, the selected ones highlighted: a map of neighborhoods, and the principal components.
Chart scatter_umap(const ReportModel& model, double width);
Chart scatter_pca(const ReportModel& model, double width);
// Distances between pairs of images, on a logarithmic axis.
Chart distance_distr_before(const ReportModel& model, double width);
Chart distance_distr_after(const ReportModel& model, double width);
// From each image to the nearest selected one.
Chart distance_to_selected(const ReportModel& model, double width);

// Of the selection (plot_videos.cc).
// Where in each video the selected frames lie.
Chart video_sampling_timeline(const ReportModel& model, double width);

using MakeChart = std::function<Chart(const ReportModel& model, double width)>;

// Those that have something to show.
std::vector<MakeChart> plots_of(const ReportModel& model);
// Whether a chart has.
bool has_objects(const ReportModel& model);
bool has_detections(const ReportModel& model);  // also below the score threshold
bool has_selected_objects(const ReportModel& model);
bool has_class_pairs(const ReportModel& model);
bool has_embeddings(const ReportModel& model);
bool has_timelines(const ReportModel& model);

}  // namespace pretag
