// A folder of its own for a test, removed with all it holds when the test ends.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace pretag {

class TemporaryFolder {
 public:
  TemporaryFolder();  // throws where the system has no room for temporary files
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string path() const { return path_; }
  // The path of something in the folder.
  std::string operator/(const std::string& name) const { return path_ / name; }
  // Writes a file, making the folders on its way; returns its full path.
  std::string write(const std::string& relative_path, std::string_view bytes) const;

 private:
  std::filesystem::path path_;
};

}  // namespace pretag
