// data/sampled/: the selected images as files of their own, for those who are to label them.
#pragma once

#include <atomic>
#include <string>

#include "pretag/data/run_config.h"
#include "pretag/data/selection.h"
#include "pretag/image/image.h"
#include "pretag/run/outputs.h"
#include "pretag/run/progress.h"
#include "pretag/source/source.h"
#include "pretag/util/result.h"

namespace pretag {

// output_image_size: -1, the length of the shorter side, or [height, width]. kInvalidArgument names the key.
struct OutputSize {
  int shorter_side = 0, height = 0, width = 0;  // all 0: as the images are

  bool is_original() const { return shorter_side == 0 && height == 0; }
};
Result<OutputSize> parse_output_size(const std::string& text);

// What an earlier selection has left there.
Status remove_sampled_images(const RunOutputs& outputs);

// Writes the images that `selection` selected, in byte order of their names. As output_image_format says, they are the
// files as they are (frames of videos as PNG) or encoded anew with that extension; where an image without its extension
// is called like another, the new extension comes behind the old. With a size they are encoded in any case: as JPEG or
// PNG if they are that, else as PNG with ".png" behind the name. An image that cannot be read any more is told of as a
// warning. kCancelled when `cancel` becomes true; kIo where the folder cannot be written.
Status write_sampled_images(const RunOutputs& outputs, const Source& source, const Selection& selection,
                            const RunConfig& config, ProgressSink& progress, const std::atomic<bool>& cancel);

// What dump_dataset copies: those images, and where objects were selected their crops, too.
Status copy_selected(const RunOutputs& outputs, const Source& source, const Selection& selection,
                     const RunConfig& config, ProgressSink& progress, const std::atomic<bool>& cancel);

}  // namespace pretag
