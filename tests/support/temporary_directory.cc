#include "support/temporary_directory.h"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace pretag {

TemporaryDirectory::TemporaryDirectory() : path_(std::filesystem::temp_directory_path() / "pretag-test-XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder " + path_);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace pretag
