#include "pretag/bucket/azure_xml.h"

#include <pugixml.hpp>
#include <string>

#include "pretag/util/iso_time.h"
#include "pretag/util/percent.h"

namespace pretag {
namespace {

Error no_listing(const char* why) {
  return {ErrorCode::kCorrupt, std::string("the answer is not a listing of a container: ") + why};
}

// XML cannot hold every name: those that it cannot are encoded, and say so.
Result<std::string> name_of(const pugi::xml_node& node) {
  const pugi::xml_node name = node.child("Name");
  const std::string text = name.child_value();
  if (text.empty()) return no_listing("a name is missing");
  if (!name.attribute("Encoded").as_bool()) return text;
  auto decoded = percent_decode(text, false);
  if (!decoded) return no_listing("the encoding of a name is broken");
  return *std::move(decoded);
}

}  // namespace

Result<BucketListing> parse_azure_listing(std::string_view xml) {
  pugi::xml_document document;
  // White space alone may be the name of a blob.
  if (!document.load_buffer(xml.data(), xml.size(), pugi::parse_default | pugi::parse_ws_pcdata_single)) {
    return no_listing("it is no XML");
  }
  const pugi::xml_node root = document.child("EnumerationResults");
  if (!root) return no_listing("it has no EnumerationResults; is this the address of a blob service?");
  BucketListing listing;
  for (const pugi::xml_node& node : root.child("Blobs").children("Blob")) {
    PRETAG_ASSIGN(std::string key, name_of(node));
    const pugi::xml_node properties = node.child("Properties");
    listing.objects.push_back({std::move(key), properties.child("Content-Length").text().as_ullong(),
                               parse_http_time(properties.child_value("Last-Modified")).value_or(0)});
  }
  for (const pugi::xml_node& node : root.child("Blobs").children("BlobPrefix")) {
    PRETAG_ASSIGN(std::string prefix, name_of(node));
    listing.prefixes.push_back(std::move(prefix));
  }
  listing.next = root.child_value("NextMarker");
  return listing;
}

}  // namespace pretag
