#include "pretag/worker/mount.h"

#include <fmt/format.h>

#include <algorithm>

#include "pretag/util/strings.h"

namespace pretag {

Result<std::string> below_mount(const std::string& folder, const std::string& relative, const std::string& what) {
  const std::vector<std::string> parts = split(relative, '/');
  const bool leaves = relative.starts_with('/') || std::ranges::find(parts, "..") != parts.end() ||
                      relative.find('\0') != std::string::npos;
  if (leaves) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("{} is '{}': it must be a path below the worker's mount {}",
                                                          what, one_line(relative), folder)};
  }
  std::string path = folder;
  for (const std::string& part : parts) {
    if (!part.empty() && part != ".") path += "/" + part;
  }
  return path;
}

}  // namespace pretag
