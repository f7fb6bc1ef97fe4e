#include "pretag/server/router.h"

#include <optional>

#include "pretag/util/strings.h"

namespace pretag {
namespace {

bool is_name(const std::string& segment) { return segment.starts_with('{'); }
bool takes_rest(const std::string& segment) { return segment.ends_with("...}"); }

std::optional<PathParameters> match(const std::vector<std::string>& pattern, const std::vector<std::string>& segments) {
  const bool rest = !pattern.empty() && takes_rest(pattern.back());
  if (rest ? segments.size() < pattern.size() : segments.size() != pattern.size()) return std::nullopt;
  // The literals first: most routes fail at one, and then nothing was allocated.
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (!is_name(pattern[i]) && pattern[i] != segments[i]) return std::nullopt;
  }
  PathParameters parameters;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (!is_name(pattern[i])) continue;
    if (!takes_rest(pattern[i])) {
      parameters[pattern[i].substr(1, pattern[i].size() - 2)] = segments[i];
      continue;
    }
    std::string joined = segments[i];
    for (size_t next = i + 1; next < segments.size(); ++next) joined += '/' + segments[next];
    parameters[pattern[i].substr(1, pattern[i].size() - 5)] = std::move(joined);
  }
  return parameters;
}

}  // namespace

Route& Router::add(std::string method, std::string pattern, Handler handler) {
  Route route;
  route.segments = split(std::string_view(pattern).substr(1), '/');
  route.method = std::move(method);
  route.pattern = std::move(pattern);
  route.handler = std::move(handler);
  return routes_.emplace_back(std::move(route));
}

Router::Match Router::find(std::string_view method, const std::vector<std::string>& segments) const {
  Match found;
  // What may be read may be asked for without its body, too.
  if (method == "HEAD") method = "GET";
  for (const Route& route : routes_) {
    if (route.method != method && found.other_method) continue;
    auto parameters = match(route.segments, segments);
    if (!parameters) continue;
    if (route.method == method) return {&route, false, *std::move(parameters)};
    found.other_method = true;
  }
  return found;
}

}  // namespace pretag
