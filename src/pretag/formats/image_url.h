// From the name of an image to where a tool finds it, and back.
#pragma once

#include <string>
#include <string_view>

namespace pretag {

// The name behind `prefix`, percent-encoded (RFC 3986) if the prefix is a URL ("https://…") or one of a server's own
// paths with a query ("/data/local-files/?d="); a storage's ("s3://…") are not encoded. Without a prefix, the name
// itself.
std::string image_url(std::string_view prefix, std::string_view filename);

// The name that image_url() made the URL of. Without a prefix, what follows "?d=" or else the last part of a URL.
std::string name_in_url(std::string_view prefix, std::string_view url);

}  // namespace pretag
