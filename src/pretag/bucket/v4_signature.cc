#include "pretag/bucket/v4_signature.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <span>
#include <string_view>

#include "pretag/io/sha256.h"
#include "pretag/util/percent.h"

namespace pretag {
namespace {

std::string hex(std::string_view bytes) {
  std::string digits;
  for (const char c : bytes) digits += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return digits;
}

std::string sha256_of(std::string_view text) { return sha256_hex(std::as_bytes(std::span(text.data(), text.size()))); }

// "20130524T000000Z"
std::string basic_iso_time(int64_t unix_seconds) {
  const auto time = static_cast<std::time_t>(unix_seconds);
  std::tm parts{};
  gmtime_r(&time, &parts);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

// As clients send it, without the port that goes without saying.
std::string host_of(const std::string& scheme_and_host) {
  const bool secure = scheme_and_host.starts_with("https:");
  std::string host = scheme_and_host.substr(scheme_and_host.find("://") + 3);
  const std::string_view usual = secure ? ":443" : ":80";
  if (host.ends_with(usual)) host.resize(host.size() - usual.size());
  return host;
}

// Sorted by the encoded names, as is signed.
std::string canonical_query(const std::vector<std::pair<std::string, std::string>>& query) {
  std::vector<std::pair<std::string, std::string>> encoded;
  encoded.reserve(query.size());
  for (const auto& [name, value] : query) encoded.emplace_back(percent_encode(name), percent_encode(value));
  std::ranges::sort(encoded);
  std::string text;
  for (const auto& [name, value] : encoded) text += fmt::format("{}{}={}", text.empty() ? "" : "&", name, value);
  return text;
}

}  // namespace

std::string BucketAddress::url() const {
  return scheme_and_host + path + (query.empty() ? "" : "?" + canonical_query(query));
}

std::string V4Unsigned::signed_url(const std::string& signature_bytes) const {
  return fmt::format("{}&{}Signature={}", url, parameter, hex(signature_bytes));
}

V4Unsigned to_be_signed(const BucketAddress& address, const V4Signing& signing) {
  const std::string time = basic_iso_time(signing.now), day = time.substr(0, 8);
  const std::string scope = day + "/" + signing.place;
  auto query = address.query;
  const auto add = [&](const char* name, const std::string& value) {
    query.emplace_back(signing.parameter + name, value);
  };
  add("Algorithm", signing.algorithm);
  add("Credential", signing.signer + "/" + scope);
  add("Date", time);
  add("Expires", std::to_string(signing.valid_seconds));
  std::string names = "host", fields;
  for (const auto& [name, value] : signing.headers) {
    names += ";" + name;
    fields += fmt::format("{}:{}\n", name, value);
  }
  add("SignedHeaders", names);
  query.insert(query.end(), signing.further.begin(), signing.further.end());

  const std::string host = host_of(address.scheme_and_host);
  const std::string sorted = canonical_query(query);
  const std::string request = fmt::format("{}\n{}\n{}\nhost:{}\n{}\n{}\n{}", signing.method, address.path, sorted, host,
                                          fields, names, signing.payload);
  return {.day = day,
          .text = fmt::format("{}\n{}\n{}\n{}", signing.algorithm, time, scope, sha256_of(request)),
          .url = fmt::format("{}{}?{}", address.scheme_and_host, address.path, sorted),
          .parameter = signing.parameter};
}

}  // namespace pretag
