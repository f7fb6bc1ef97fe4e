#include "pretag/formats/image_url.h"

#include <fmt/format.h>

#include <charconv>

namespace pretag {
namespace {

bool is_url(std::string_view text) { return text.find("://") != text.npos || text.find('?') != text.npos; }

// "s3://bucket/a b.jpg" names a key of a storage as it is, which tools pass on undecoded.
bool is_storage(std::string_view url) {
  return url.find("://") != url.npos && !url.starts_with("http://") && !url.starts_with("https://");
}

bool is_encoded(std::string_view url) { return is_url(url) && !is_storage(url); }

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~/").find(c) != std::string_view::npos;
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && i + 2 < text.size()) {
      const auto [end, error] = std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
      if (error == std::errc() && end == text.data() + i + 3) {
        decoded += static_cast<char>(value);
        i += 2;
        continue;
      }
    }
    decoded += text[i];
  }
  return decoded;
}

std::string with_separator(std::string_view prefix) {
  const bool separated = prefix.empty() || prefix.back() == '/' || prefix.back() == '=';
  return std::string(prefix) + (separated ? "" : "/");
}

}  // namespace

std::string image_url(std::string_view prefix, std::string_view filename) {
  std::string url = with_separator(prefix);
  if (!is_encoded(prefix)) return url + std::string(filename);
  for (const char c : filename) {
    url += is_unreserved(c) ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return url;
}

std::string name_in_url(std::string_view prefix, std::string_view url) {
  const std::string start = with_separator(prefix);
  if (!prefix.empty() && url.starts_with(start)) {
    const std::string_view name = url.substr(start.size());
    return is_encoded(prefix) ? percent_decoded(name) : std::string(name);
  }
  if (const size_t local = url.find("?d="); local != url.npos) return percent_decoded(url.substr(local + 3));
  if (!is_url(url) && !url.starts_with('/')) return std::string(url);
  if (is_storage(url)) return std::string(url.substr(url.rfind('/') + 1));
  url = url.substr(0, url.find('?'));
  return percent_decoded(url.substr(url.rfind('/') + 1));
}

}  // namespace pretag
