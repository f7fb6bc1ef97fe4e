#include "pretag/worker/mount.h"

#include <fmt/format.h>

#include "pretag/util/paths.h"
#include "pretag/util/strings.h"

namespace pretag {

Result<std::string> below_mount(const std::string& folder, const std::string& relative, const std::string& what) {
  if (climbs_out(relative)) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("{} is '{}': it must be a path below the worker's mount {}",
                                                          what, one_line(relative), folder)};
  }
  std::string path = folder;
  for (const std::string& part : split(relative, '/')) {
    if (!part.empty() && part != ".") path += "/" + part;
  }
  return path;
}

}  // namespace pretag
