#include "pretag/formats/stems.h"

#include <algorithm>

namespace pretag {

std::string stem_of(const std::string& filename) {
  const size_t name = filename.rfind('/') + 1;  // 0 if there is no folder
  const size_t dot = filename.rfind('.');
  return dot == std::string::npos || dot <= name ? filename : filename.substr(0, dot);
}

// In byte order, names that begin with a stem follow each other, so a stem is forgotten once a name does not.
bool StemOwners::claim(const std::string& filename) {
  std::erase_if(open_, [&](const std::string& stem) { return !filename.starts_with(stem); });
  std::string stem = stem_of(filename);
  if ((!reserved_.empty() && stem == reserved_) || std::ranges::find(open_, stem) != open_.end()) return false;
  open_.push_back(std::move(stem));
  return true;
}

}  // namespace pretag
