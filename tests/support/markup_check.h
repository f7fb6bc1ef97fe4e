// Is this markup well-formed? For what the program writes itself: SVG, and the HTML of the report.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace pretag {

struct MarkupFacts {
  std::string problem;             // the first one, empty if there is none
  std::set<std::string> elements;  // the names that occur
  std::set<std::string> attributes;
};

// Checks that every tag is closed in order, every attribute value is quoted, no attribute occurs twice in a tag, and
// every & begins a reference. HTML's void elements, doctype and attributes without a value are fine; the contents of
// script and style are skipped.
MarkupFacts check_markup(std::string_view markup);

}  // namespace pretag
