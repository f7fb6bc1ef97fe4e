#include "pretag/bucket/s3_xml.h"

#include <pugixml.hpp>

#include "pretag/util/iso_time.h"
#include "pretag/util/percent.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

Error no_listing(const char* why) {
  return {ErrorCode::kCorrupt, std::string("the answer is not a listing of a bucket: ") + why};
}

// As it stands, or decoded if the answer says that names are encoded: XML cannot hold every name.
Result<std::string> name_of(const pugi::xml_node& node, const char* child, bool encoded) {
  const std::string text = node.child_value(child);
  if (text.empty()) return no_listing("a name is missing");
  if (!encoded) return text;
  auto name = percent_decode(text, true);
  if (!name) return no_listing("the encoding of a name is broken");
  return *std::move(name);
}

}  // namespace

Result<BucketListing> parse_s3_listing(std::string_view xml) {
  pugi::xml_document document;
  // White space alone may be the name of an object.
  if (!document.load_buffer(xml.data(), xml.size(), pugi::parse_default | pugi::parse_ws_pcdata_single)) {
    return no_listing("it is no XML");
  }
  const pugi::xml_node root = document.child("ListBucketResult");
  if (!root) return no_listing("it has no ListBucketResult; is this the address of an S3 service?");
  const bool encoded = std::string_view(root.child_value("EncodingType")) == "url";
  BucketListing listing;
  for (const pugi::xml_node& node : root.children("Contents")) {
    PRETAG_ASSIGN(std::string key, name_of(node, "Key", encoded));
    listing.objects.push_back({std::move(key), node.child("Size").text().as_ullong(),
                               parse_iso_time(node.child_value("LastModified")).value_or(0)});
  }
  for (const pugi::xml_node& node : root.children("CommonPrefixes")) {
    PRETAG_ASSIGN(std::string prefix, name_of(node, "Prefix", encoded));
    listing.prefixes.push_back(std::move(prefix));
  }
  if (std::string_view(root.child_value("IsTruncated")) != "true") return listing;
  listing.next = root.child_value("NextContinuationToken");
  if (listing.next.empty()) return no_listing("it does not say where it goes on");
  return listing;
}

BucketError parse_bucket_error(std::string_view xml) {
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size())) return {};
  const pugi::xml_node error = document.child("Error");
  constexpr size_t kLongest = 300;
  const std::string message = error.child_value("Message");  // Azure's goes on with a number and the time
  return {one_line(error.child_value("Code")), one_line(message.substr(0, message.find("\nRequestId:")), kLongest),
          error.child_value("Region")};
}

}  // namespace pretag
