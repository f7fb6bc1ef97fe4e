#include "pretag/source/gitignore_pattern.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace pretag {
namespace {

using CharacterClass = int (*)(int);

// Of the C locale, which is the program's; null for a name that POSIX does not know.
CharacterClass class_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, CharacterClass>, 12> kClasses = {{{"alnum", std::isalnum},
                                                                                     {"alpha", std::isalpha},
                                                                                     {"blank", std::isblank},
                                                                                     {"cntrl", std::iscntrl},
                                                                                     {"digit", std::isdigit},
                                                                                     {"graph", std::isgraph},
                                                                                     {"lower", std::islower},
                                                                                     {"print", std::isprint},
                                                                                     {"punct", std::ispunct},
                                                                                     {"space", std::isspace},
                                                                                     {"upper", std::isupper},
                                                                                     {"xdigit", std::isxdigit}}};
  const auto* found = std::ranges::find(kClasses, name, [](const auto& entry) { return entry.first; });
  return found == kClasses.end() ? nullptr : found->second;
}

}  // namespace

GitignorePattern::GitignorePattern(std::string_view text) {
  if (text.starts_with('!')) {
    negated_ = true;
    text.remove_prefix(1);
  }
  while (text.ends_with('/')) {
    folders_only_ = true;
    text.remove_suffix(1);
  }
  const bool anchored = text.find('/') != std::string_view::npos;
  if (text.starts_with('/')) text.remove_prefix(1);
  if (text.empty()) return;  // no tokens: matches nothing
  if (!anchored) tokens_.push_back({.kind = Token::Kind::kAcrossComponents, .set = {}});
  parse_glob(text);
}

void GitignorePattern::parse_glob(std::string_view glob) {
  for (size_t i = 0; i < glob.size();) {
    const char c = glob[i];
    if (c == '*') {
      i = parse_stars(glob, i);
    } else if (c == '[') {
      i = parse_set(glob, i);
    } else if (c == '?') {
      tokens_.push_back({.kind = Token::Kind::kAnyByte, .set = {}});
      ++i;
    } else {
      const bool escape = c == '\\' && i + 1 < glob.size();
      tokens_.push_back({.byte = escape ? glob[i + 1] : c, .set = {}});
      i += escape ? 2 : 1;
    }
  }
}

// Two stars mean something only as a whole component. "**/" then stands for "" or "any/components/", and at the end of
// a pattern "**" for whatever is left.
size_t GitignorePattern::parse_stars(std::string_view glob, size_t at) {
  const size_t end = std::min(glob.find_first_not_of('*', at), glob.size());
  const bool starts_component = at == 0 || glob[at - 1] == '/';
  const bool ends_component = end == glob.size() || glob[end] == '/';
  if (end - at != 2 || !starts_component || !ends_component) {
    tokens_.push_back({.kind = Token::Kind::kWithinComponent, .set = {}});
    return end;
  }
  tokens_.push_back({.kind = Token::Kind::kAcrossComponents, .set = {}});
  if (end < glob.size()) return end + 1;
  tokens_.push_back({.kind = Token::Kind::kWithinComponent, .set = {}});
  return end;
}

// A bracket without its end is an ordinary character.
size_t GitignorePattern::parse_set(std::string_view glob, size_t at) {
  size_t i = at + 1;
  const bool inverted = i < glob.size() && (glob[i] == '!' || glob[i] == '^');
  if (inverted) ++i;
  Token token{.kind = Token::Kind::kSet, .set = std::vector<bool>(256, inverted)};
  for (bool first = true; i < glob.size(); first = false) {
    if (glob[i] == ']' && !first) {  // right at the start it is a member
      token.set['/'] = false;
      tokens_.push_back(std::move(token));
      return i + 1;
    }
    i = add_member(glob, i, token.set, !inverted);
  }
  tokens_.push_back({.byte = '[', .set = {}});
  return at + 1;
}

// "[:digit:]", "a-z", "\\]" or a byte; where it ends.
size_t GitignorePattern::add_member(std::string_view glob, size_t at, std::vector<bool>& set, bool value) {
  if (glob.substr(at).starts_with("[:")) {
    const size_t close = glob.find(":]", at + 2);
    const CharacterClass known =
        close == std::string_view::npos ? nullptr : class_of(glob.substr(at + 2, close - at - 2));
    if (known != nullptr) {
      for (int byte = 0; byte < 128; ++byte)
        if (known(byte) != 0) set[static_cast<size_t>(byte)] = value;
      return close + 2;
    }
  }
  const auto byte_at = [&](size_t& i) {
    if (glob[i] == '\\' && i + 1 < glob.size()) ++i;
    return static_cast<unsigned char>(glob[i++]);
  };
  size_t i = at;
  const unsigned char first = byte_at(i);
  const bool range = i + 1 < glob.size() && glob[i] == '-' && glob[i + 1] != ']';
  if (range) ++i;
  const unsigned char last = range ? byte_at(i) : first;
  for (unsigned byte = first; byte <= last; ++byte) set[byte] = value;
  return i;
}

bool GitignorePattern::accepts(const Token& token, char byte) {
  switch (token.kind) {
    case Token::Kind::kByte:
      return token.byte == byte;
    case Token::Kind::kSet:
      return token.set[static_cast<unsigned char>(byte)];
    default:
      return byte != '/';
  }
}

// Row by row of the table "the first i tokens match the first j bytes": no backtracking, so no pattern is slow.
bool GitignorePattern::matches(std::string_view path) const {
  if (tokens_.empty()) return false;
  std::vector<char> row(path.size() + 1, 0), next(path.size() + 1, 0);
  row[0] = 1;
  for (const Token& token : tokens_) {
    const bool star = token.kind == Token::Kind::kWithinComponent;
    if (token.kind == Token::Kind::kAcrossComponents) {
      // From any place that is reached, on to the beginning of any later component.
      bool reached = false;
      for (size_t j = 0; j <= path.size(); ++j) {
        const bool begins_component = j > 0 && path[j - 1] == '/';
        next[j] = static_cast<char>(row[j] || (reached && begins_component));
        reached = reached || row[j];
      }
    } else {
      next[0] = static_cast<char>(star && row[0]);
      for (size_t j = 1; j <= path.size(); ++j) {
        const bool accepted = accepts(token, path[j - 1]);
        next[j] = static_cast<char>(star ? row[j] || (accepted && next[j - 1]) : accepted && row[j - 1]);
      }
    }
    row.swap(next);
  }
  // The whole path, or a folder that it is in.
  if (!folders_only_ && row[path.size()]) return true;
  for (size_t j = 0; j < path.size(); ++j) {
    if (path[j] == '/' && row[j]) return true;
  }
  return false;
}

}  // namespace pretag
