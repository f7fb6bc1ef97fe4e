#include "pretag/cli/spread_names.h"

#include <algorithm>

namespace pretag {

Result<std::vector<std::string>> spread_names(const Source& source, size_t most) {
  std::vector<std::string> all;
  PRETAG_TRY(source.list(
      [&](const std::string& name) -> Status {
        all.push_back(name);
        return {};
      },
      [](const std::string&, const std::string&) {}));
  std::vector<std::string> names;
  const size_t count = std::min(most, all.size());
  for (size_t i = 0; i < count; ++i) names.push_back(all[i * all.size() / count]);
  return names;
}

}  // namespace pretag
