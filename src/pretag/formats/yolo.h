// YOLO labels: a text file an image, one object a line. docs/formats/labels.md.
// Coordinates in the files: "class cx cy w h", the class's number from 0, then the box's centre and size relative to
// the image, 0..1; or "class x1 y1 x2 y2 x3 y3 …", a polygon, which is read as the box around it. In a dataset of poses
// the box is followed by the numbers of its keypoints, which are read over.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pretag/data/ground_truth.h"
#include "pretag/formats/dataset.h"
#include "pretag/io/file_system.h"
#include "pretag/util/result.h"

namespace pretag {

// Where a dataset has its class names, as seen from its folder or that of its labels; the likeliest place first.
inline constexpr const char* kYoloClassNamePlaces[] = {"/data.yaml", "/classes.txt", "/labels/classes.txt",
                                                       "/../data.yaml", "/../classes.txt"};
// The class names, by number: from a data.yaml, whose "names" is a list or a map from numbers 0, 1, 2 …, or from a
// plain list with one name a line (classes.txt, obj.names). `filename` decides which: .yaml and .yml are YAML.
Result<std::vector<std::string>> read_yolo_class_names(std::string_view text, std::string_view filename);

// How many numbers are an object's keypoints in a dataset of poses, as "kpt_shape" in its data.yaml says; 0 elsewhere.
Result<size_t> read_yolo_keypoint_numbers(std::string_view data_yaml);

// The same of the dataset with this folder, or with this folder of labels. Errors name the file.
Result<size_t> find_yolo_keypoint_numbers(const FileSystem& files, const std::string& folder);

// The objects of an image of `width` × `height` pixels; empty for an empty text. kCorrupt names the line. Boxes that
// leave the image by rounding are clipped to it.
Result<std::vector<GroundTruth>> read_yolo_objects(std::string_view text, const std::vector<std::string>& classes,
                                                   int width, int height, size_t keypoint_numbers = 0);

// The same of predictions, whose lines may have the score as one more number at the end; 1 where they have none.
Result<std::vector<Detection>> read_yolo_detections(std::string_view text, const std::vector<std::string>& classes,
                                                    int width, int height, size_t keypoint_numbers = 0);

// Where an image's label file may be, the likeliest place first: where Ultralytics looks for it, which is the image's
// path with its last folder called "images" become "labels", as seen from beside that of the dataset's images or from
// that folder itself; else below "labels/", else beside the image.
std::vector<std::string> yolo_label_paths(const std::string& filename);

struct YoloFolder {
  LabelSet labels;                        // of the images that have a label file
  std::vector<std::string> without_file;  // images without one of their own: nothing is in them, or not labelled
  std::vector<std::string> unused_files;  // label files, relative to the folder, that belong to none of the images
};

// Of the .txt files below a dataset, leaves those that may hold labels: not classes.txt, and beside folders of labels
// no other texts, which tell of the dataset.
void keep_label_files(std::vector<std::string>& paths);

// Reads the labels of these images from the first of yolo_label_paths() that is there below `folder`, of what
// keep_label_files() leaves. Errors name the file.
Result<YoloFolder> read_yolo_folder(const FileSystem& files, const std::string& folder,
                                    const std::vector<std::string>& classes, const std::vector<ImageSize>& images);

}  // namespace pretag
