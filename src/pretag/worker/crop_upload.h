// The selected objects as samples of a dataset of their own, cut out of their images.
#pragma once

#include <string>
#include <unordered_map>

#include "pretag/data/selection.h"
#include "pretag/source/source.h"
#include "pretag/util/result.h"
#include "pretag/worker/run_dataset.h"
#include "pretag/worker/thumbnails.h"
#include "pretag/worker/upload_tools.h"

namespace pretag {

struct CropUpload {
  const ObjectSelection& objects;
  const RunDataset& images;  // as it is with the images of the objects in it
  std::string name;          // of the dataset of crops, which is made if there is none
  std::string embeddings;    // the CSV, which need not be there
  const Source& source;
  int64_t max_image_pixels = 0;
};

// Each crop is written to the LIGHTLY datasource, with a thumbnail where there are to be some, and becomes a sample
// that knows which prediction of which sample it shows; then come the tags and embeddings as the images have them.
// Returns the samples of the crops, by image. What the server has of this run is not sent again. A crop of an earlier
// run that has the name of one of this run is made anew; where it showed another object, as other settings find other
// objects, the run's log says so. What cannot be cut any more is a warning, one an image, and no sample. Objects of
// images that are no samples are left out.
Result<std::unordered_map<std::string, CropsOfSample>> upload_crops(const UploadTools& tools, const CropUpload& upload,
                                                                    ThumbnailWriter& thumbnails);

}  // namespace pretag
