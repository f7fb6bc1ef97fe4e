// One pattern of gitignore's syntax (git-scm.com/docs/gitignore).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pretag {

// `*` and `?` match within a path component, `[a-z]`, `[!a-z]` and `[[:digit:]]` one character of it, `**/`, `/**/` and
// `/**` any number of components, `\` takes the next character as it is. A pattern with a slash that is not at its end
// is relative to the root; any other matches at every depth. One that matches a folder matches all that is in it; one
// that ends with a slash matches folders only. `?` and brackets work on bytes. Matching takes time proportional to
// pattern times path, whatever the pattern. Thread-safe once made.
class GitignorePattern {
 public:
  explicit GitignorePattern(std::string_view text);

  bool negated() const { return negated_; }  // began with '!'
  // `path` is relative to the root and '/'-separated.
  bool matches(std::string_view path) const;

 private:
  struct Token {
    enum class Kind { kByte, kAnyByte, kSet, kWithinComponent, kAcrossComponents } kind = Kind::kByte;
    char byte = 0;
    std::vector<bool> set;  // 256, of kSet
  };

  void parse_glob(std::string_view glob);
  size_t parse_stars(std::string_view glob, size_t at);
  size_t parse_set(std::string_view glob, size_t at);
  static size_t add_member(std::string_view glob, size_t at, std::vector<bool>& set, bool value);
  static bool accepts(const Token& token, char byte);

  bool negated_ = false, folders_only_ = false;
  std::vector<Token> tokens_;
};

}  // namespace pretag
