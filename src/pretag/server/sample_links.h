// Where the images of samples can be had. For this layer.
#pragma once

#include <optional>
#include <string>

#include "pretag/server/call.h"
#include "pretag/server/sample_reader.h"

namespace pretag {

// The key of what was uploaded for a sample: `kind` is "full" or "thumb".
std::string sample_file(std::string_view dataset, std::string_view sample, std::string_view kind);

// Of one dataset. It may outlive the call, and reads no database after it was made.
class SampleLinks {
 public:
  static SampleLinks of(const Call& call, const Record& dataset);

  // What was uploaded, else the LOCAL data source's, where a frame of a video is in the LIGHTLY one, and a crop in that
  // of the dataset it was cut from, for those who may see it; empty where there is neither.
  std::string image(const SampleName& sample) const;
  // The same of its thumbnail, which a run leaves in the LIGHTLY data source. Empty where there is none.
  std::string thumbnail(const Record& sample) const;
  // Where the file is in the data source: for LOCAL, below the mount.
  std::string path_in_datasource(const SampleName& sample) const;

 private:
  SampleLinks(const Call& call, std::string dataset)
      : server_(call.server), base_(call.absolute("")), dataset_(std::move(dataset)) {}
  // The data source that a sample's image is in, and where it is there.
  const std::optional<Record>& image_source() const { return !below_.empty() && lightly_ ? lightly_ : input_; }
  std::string image_file(const SampleName& sample) const;
  // A link to what was uploaded, if anything was.
  std::string uploaded(std::string_view sample, std::string_view kind) const;

  const ServerContext& server_;
  std::string base_, dataset_;
  std::string below_;                      // the folder in the LIGHTLY data source that workers leave the images in
  std::optional<Record> input_, lightly_;  // the data sources, where there are any
};

}  // namespace pretag
