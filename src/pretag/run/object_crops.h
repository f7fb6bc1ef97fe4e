// data/crops/: the selected objects as pictures of their own.
#pragma once

#include <atomic>
#include <functional>

#include "pretag/data/selection.h"
#include "pretag/image/image.h"
#include "pretag/run/outputs.h"
#include "pretag/run/progress.h"
#include "pretag/source/source.h"
#include "pretag/util/result.h"

namespace pretag {

inline constexpr char kCropsFolder[] = "data/crops";  // relative to the run folder

// The crop of an object from its image. kInvalidArgument if the image no longer has the size that it had.
Result<Image> crop_of(const SelectedObject& object, double padding, const Image& image);

// Visits the objects image by image, in byte order of the names, opening each image once; with an error in place of the
// crop where an image cannot be opened, or its objects cannot be cut from it, any more. Ends with what `visit` returns,
// or with an error that says nothing of the one image (concerns_all_keys()).
Status for_each_crop(const ObjectSelection& objects, const Source& source, int64_t max_image_pixels,
                     const std::function<Status(const SelectedObject& object, const Result<Image>& crop)>& visit);

// What an earlier selection has left there.
Status remove_crops(const RunOutputs& outputs);

// A PNG for each of the objects, called crop_name(). What cannot be cut any more is told of as a warning an image.
// kCancelled when `cancel` becomes true; kIo where the folder cannot be written.
Status write_crops(const RunOutputs& outputs, const Source& source, const ObjectSelection& objects,
                   int64_t max_image_pixels, ProgressSink& progress, const std::atomic<bool>& cancel);

}  // namespace pretag
