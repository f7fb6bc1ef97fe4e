#include "pretag/server/postgres_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "pretag/util/strings.h"

namespace pretag {
namespace {

struct Rule {
  std::string_view state;  // or the beginning of it
  ErrorCode code;
  std::string_view message;  // {} is the server's own
};

// The first that fits.
constexpr std::array kRules = {
    Rule{"", ErrorCode::kIo, "cannot be reached ({})"},
    Rule{"08", ErrorCode::kIo, "cannot be reached ({})"},
    Rule{"57P", ErrorCode::kIo, "the connection was ended ({})"},  // shutdown, crash, starting up, a limit
    Rule{"25P03", ErrorCode::kIo, "the connection was ended ({})"},
    Rule{"53100", ErrorCode::kIo, "its disk is full; free some space there"},
    Rule{"53", ErrorCode::kIo, "out of resources ({})"},
    Rule{"55P03", ErrorCode::kIo, "locked by another writer for too long"},
    Rule{"40", ErrorCode::kIo, "interrupted by another writer ({})"},
    Rule{"57014", ErrorCode::kIo, "took too long ({})"},
    Rule{"58", ErrorCode::kIo, "reading or writing failed ({})"},
    Rule{"25006", ErrorCode::kIo, "read-only; is it a standby? ({})"},
    Rule{"42501", ErrorCode::kIo, "the user lacks rights ({}); make it the owner of the database"},
    Rule{"3F000", ErrorCode::kIo, "no schema to make tables in ({}); check the user's search_path"},
    Rule{"XX001", ErrorCode::kCorrupt, "damaged ({})"},
    Rule{"XX002", ErrorCode::kCorrupt, "damaged ({})"},
    Rule{"42P07", ErrorCode::kCorrupt, "not a server's ({}); give pretag a database of its own"},
    Rule{"54", ErrorCode::kInvalidArgument, "a value is too large to be stored ({})"},
    Rule{"22021", ErrorCode::kInvalidArgument, "a text holds a zero or bytes that are not UTF-8"},
};

// libpq has a line for each address that it tried, and hints below, indented.
std::string joined_lines(std::string_view message) {
  std::string text;
  for (const std::string& line : split(message, '\n')) {
    const size_t start = line.find_first_not_of(" \t");
    if (start == std::string::npos) continue;
    if (!text.empty()) text += "; ";
    text += line.substr(start);
  }
  return one_line(text, 500);
}

}  // namespace

Error postgres_error(const std::string& name, std::string_view state, std::string_view message) {
  const std::string said = joined_lines(message);
  const auto fits = [&](const Rule& rule) {
    return rule.state.empty() ? state.empty() : state.starts_with(rule.state);
  };
  const auto* rule = std::ranges::find_if(kRules, fits);
  if (rule == kRules.end()) return {ErrorCode::kInternal, fmt::format("{}: {} (SQLSTATE {})", name, said, state)};
  return {rule->code, fmt::format("{}: {}", name, fmt::format(fmt::runtime(rule->message), said))};
}

}  // namespace pretag
