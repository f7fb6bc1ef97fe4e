#include "pretag/formats/xml_text.h"

#include <fmt/format.h>

#include <pugixml.hpp>

#include "pretag/formats/number_text.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

Error cannot_hold() {
  return {ErrorCode::kInvalidArgument, "XML cannot hold a name that is not UTF-8 or has control characters"};
}

}  // namespace

// Extensible Markup Language 1.0, section 2.2 (which characters there are) and 3.3.3 (white space in attributes, which
// only survives as a character reference).
Result<std::string> xml_text(std::string_view text) {
  const bool no_character = text.find("\xEF\xBF\xBE") != text.npos || text.find("\xEF\xBF\xBF") != text.npos;
  if (!is_valid_utf8(text) || no_character) return cannot_hold();
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\t':
        escaped += "&#9;";
        break;
      case '\n':
        escaped += "&#10;";
        break;
      case '\r':
        escaped += "&#13;";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) return cannot_hold();
        escaped += c;
    }
  }
  return escaped;
}

Status parse_xml(std::string_view text, pugi::xml_document& document) {
  const pugi::xml_parse_result result = document.load_buffer(text.data(), text.size(), pugi::parse_default);
  if (result) return {};
  return Error{ErrorCode::kCorrupt, fmt::format("not valid XML at byte {}: {}", result.offset, result.description())};
}

Result<double> xml_child_number(const pugi::xml_node& node, const char* name, double least, double most) {
  const pugi::xml_node child = node.child(name);
  if (!child) return Error{ErrorCode::kCorrupt, fmt::format("<{}> has no <{}>", node.name(), name)};
  return parse_number(child.child_value(), fmt::format("<{}>", name), least, most);
}

Result<double> xml_attribute_number(const pugi::xml_node& node, const char* name, double least, double most) {
  const pugi::xml_attribute attribute = node.attribute(name);
  if (!attribute) return Error{ErrorCode::kCorrupt, fmt::format("<{}> has no attribute \"{}\"", node.name(), name)};
  return parse_number(attribute.value(), fmt::format("\"{}\"", name), least, most);
}

}  // namespace pretag
