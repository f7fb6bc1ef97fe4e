#include "pretag/bucket/aws_signature.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <span>
#include <string_view>

#include "pretag/io/sha256.h"
#include "pretag/util/percent.h"

namespace pretag {
namespace {

constexpr char kAlgorithm[] = "AWS4-HMAC-SHA256";

std::string hmac(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), digest.data(), &size);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

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

std::string presigned_url(const BucketAddress& address, const AwsCredentials& credentials, const SigningScope& scope) {
  const std::string time = basic_iso_time(scope.now), day = time.substr(0, 8);
  const std::string service = fmt::format("{}/{}/s3/aws4_request", day, scope.region);
  auto query = address.query;
  query.emplace_back("X-Amz-Algorithm", kAlgorithm);
  query.emplace_back("X-Amz-Credential", credentials.access_key_id + "/" + service);
  query.emplace_back("X-Amz-Date", time);
  query.emplace_back("X-Amz-Expires", std::to_string(scope.valid_seconds));
  query.emplace_back("X-Amz-SignedHeaders", "host");
  if (!credentials.session_token.empty()) query.emplace_back("X-Amz-Security-Token", credentials.session_token);

  const std::string host = host_of(address.scheme_and_host);
  const std::string sorted = canonical_query(query);
  const std::string request =
      fmt::format("{}\n{}\n{}\nhost:{}\n\nhost\nUNSIGNED-PAYLOAD", scope.method, address.path, sorted, host);
  const std::string to_sign = fmt::format("{}\n{}\n{}\n{}", kAlgorithm, time, service, sha256_of(request));
  std::string key = "AWS4" + credentials.secret_access_key;
  for (const std::string& part : {day, scope.region, std::string("s3"), std::string("aws4_request")}) {
    key = hmac(key, part);
  }
  return fmt::format("{}{}?{}&X-Amz-Signature={}", address.scheme_and_host, address.path, sorted,
                     hex(hmac(key, to_sign)));
}

}  // namespace pretag
