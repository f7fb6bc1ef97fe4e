#include "support/markup_check.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace pretag {
namespace {

constexpr std::array<std::string_view, 5> kVoidElements = {"meta", "img", "input", "br", "link"};

bool is_name_character(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == ':'; }

class Checker {
 public:
  explicit Checker(std::string_view markup) : rest_(markup) {}

  MarkupFacts run() {
    while (!rest_.empty() && facts_.problem.empty()) {
      if (rest_.starts_with("<!--")) {
        skip_past("-->");
      } else if (rest_.starts_with("<!") || rest_.starts_with("<?")) {
        skip_past(">");
      } else if (rest_.starts_with("</")) {
        closing_tag();
      } else if (rest_.starts_with("<")) {
        opening_tag();
      } else {
        const size_t end = std::min(rest_.find('<'), rest_.size());
        text(rest_.substr(0, end));
        rest_.remove_prefix(end);
      }
    }
    if (facts_.problem.empty() && !open_.empty()) fail("never closed: " + open_.back());
    return facts_;
  }

 private:
  void fail(const std::string& problem) {
    if (facts_.problem.empty()) facts_.problem = problem + " before: " + std::string(rest_.substr(0, 60));
  }

  void skip_past(std::string_view mark) {
    const size_t at = rest_.find(mark);
    if (at == std::string_view::npos) return fail("no end mark");
    rest_.remove_prefix(at + mark.size());
  }

  std::string name() {
    size_t length = 0;
    while (length < rest_.size() && is_name_character(rest_[length])) ++length;
    const std::string result(rest_.substr(0, length));
    rest_.remove_prefix(length);
    if (result.empty()) fail("a name is missing");
    return result;
  }

  void skip_spaces() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_[0])) != 0) rest_.remove_prefix(1);
  }

  void text(std::string_view content) {
    for (size_t at = content.find('&'); at != std::string_view::npos; at = content.find('&', at + 1)) {
      const size_t end = content.find(';', at);
      if (end == std::string_view::npos || end - at > 8) fail("an & that begins no reference");
    }
  }

  void attribute(std::set<std::string>& seen) {
    const std::string key = name();
    if (!seen.insert(key).second) fail("twice in one tag: " + key);
    facts_.attributes.insert(key);
    if (!rest_.starts_with("=")) return;
    if (!rest_.starts_with("=\"")) return fail("not quoted: " + key);
    const size_t end = rest_.find('"', 2);
    if (end == std::string_view::npos) return fail("quote without end: " + key);
    if (rest_.substr(2, end - 2).find('<') != std::string_view::npos) fail("< in an attribute: " + key);
    text(rest_.substr(2, end - 2));
    rest_.remove_prefix(end + 1);
  }

  void opening_tag() {
    rest_.remove_prefix(1);
    const std::string element = name();
    facts_.elements.insert(element);
    std::set<std::string> seen;
    for (skip_spaces(); facts_.problem.empty() && !rest_.empty() && rest_[0] != '>' && rest_[0] != '/'; skip_spaces())
      attribute(seen);
    const bool closes_itself = rest_.starts_with("/>");
    skip_past(">");
    if (closes_itself || std::ranges::find(kVoidElements, element) != kVoidElements.end()) return;
    open_.push_back(element);
    if (element == "script" || element == "style")
      rest_.remove_prefix(std::min(rest_.find("</" + element), rest_.size()));
  }

  void closing_tag() {
    rest_.remove_prefix(2);
    const std::string element = name();
    if (open_.empty() || open_.back() != element) return fail("closed but not open: " + element);
    open_.pop_back();
    skip_past(">");
  }

  std::string_view rest_;
  std::vector<std::string> open_;
  MarkupFacts facts_;
};

}  // namespace

MarkupFacts check_markup(std::string_view markup) { return Checker(markup).run(); }

}  // namespace pretag
