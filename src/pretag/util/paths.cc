#include "pretag/util/paths.h"

#include <algorithm>
#include <string>

#include "pretag/util/strings.h"

namespace pretag {
namespace {

// A name ends there for the system, and whatever was checked behind it is not of the file that is opened.
bool has_nul(std::string_view path) { return path.find('\0') != std::string_view::npos; }

}  // namespace

bool stays_inside(std::string_view path) {
  return !has_nul(path) && std::ranges::none_of(split(path, '/'), [](const std::string& part) {
    return part.empty() || part == "." || part == "..";
  });
}

bool climbs_out(std::string_view path) {
  return has_nul(path) || path.starts_with('/') ||
         std::ranges::any_of(split(path, '/'), [](const std::string& part) { return part == ".."; });
}

}  // namespace pretag
