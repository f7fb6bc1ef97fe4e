// The two places where images that could not be read are listed: corruptness_check_information.json with the reasons,
// and filenames/*.txt, one name a line.
#pragma once

#include <string>

#include "pretag/io/file_system.h"
#include "pretag/util/result.h"

namespace pretag {

// {"corrupt_samples": {name: reason, …}}, written through `sink` as it goes: begin, every image, end. Names must
// differ.
class CorruptnessWriter {
 public:
  explicit CorruptnessWriter(FileSystem::Sink sink);

  Status begin();
  // kInvalidArgument for a name that is not UTF-8. A reason may quote a file's bytes: what is not UTF-8 there is
  // replaced.
  Status add(const std::string& filename, const std::string& reason);
  Status end();

 private:
  FileSystem::Sink sink_;
  bool first_ = true;
};

// A line of a filenames/*.txt list, with its line break. A line break in a name is written as \n or \r, so that one
// line is always one image; the name is then no longer the file's.
std::string filename_line(const std::string& filename);

}  // namespace pretag
