// A folder of its own for a test, removed with all it holds when the test ends.
#pragma once

#include <filesystem>
#include <string>

namespace pretag {

class TemporaryFolder {
 public:
  TemporaryFolder();  // throws where the system has no room for temporary files
  TemporaryFolder(const TemporaryFolder&) = delete;
  ~TemporaryFolder();

  const std::filesystem::path& path() const { return path_; }
  // The path of something in the folder.
  std::string operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace pretag
