// XML in and out, for the formats of this layer.
#pragma once

#include <string>
#include <string_view>

#include "pretag/util/result.h"

namespace pugi {
class xml_document;
class xml_node;
}  // namespace pugi

namespace pretag {

// Escaped for an element's text or an attribute in double quotes. kInvalidArgument for text that XML 1.0 cannot hold:
// not UTF-8, or with control characters.
Result<std::string> xml_text(std::string_view text);

// kCorrupt names the byte where the text stops being XML. Entities of the document's own are not expanded.
Status parse_xml(std::string_view text, pugi::xml_document& document);

// The number in the child element or the attribute `name`. kCorrupt if it is missing or not from `least` to `most`.
Result<double> xml_child_number(const pugi::xml_node& node, const char* name, double least, double most);
Result<double> xml_attribute_number(const pugi::xml_node& node, const char* name, double least, double most);

}  // namespace pretag
