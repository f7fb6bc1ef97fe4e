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

  // What was uploaded, else the LOCAL data source's; empty where there is neither.
  std::string image(const SampleName& sample) const;
  // Where the file is in the data source: for LOCAL, below the mount.
  std::string path_in_datasource(const SampleName& sample) const;

 private:
  SampleLinks(const ServerContext& server, std::string base, std::string dataset, std::optional<Record> input)
      : server_(server), base_(std::move(base)), dataset_(std::move(dataset)), input_(std::move(input)) {}

  const ServerContext& server_;
  std::string base_, dataset_;
  std::optional<Record> input_;  // the data source of the input, where there is one
};

}  // namespace pretag
