// A folder of the test's own, gone at its end.
#pragma once

#include <string>
#include <string_view>

namespace pretag {

class TemporaryFolder {
 public:
  TemporaryFolder();  // throws std::runtime_error if the machine has no room for it
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  // Writes a file, making the folders on its way; returns its full path.
  std::string write(const std::string& relative_path, std::string_view text) const;

 private:
  std::string path_;
};

}  // namespace pretag
