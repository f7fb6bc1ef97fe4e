#include "pretag/bucket/aws_signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <string_view>

namespace pretag {
namespace {

std::string hmac(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), digest.data(), &size);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

}  // namespace

std::string presigned_url(const BucketAddress& address, const AwsCredentials& credentials, const SigningScope& scope) {
  V4Signing signing{.algorithm = "AWS4-HMAC-SHA256",
                    .parameter = "X-Amz-",
                    .signer = credentials.access_key_id,
                    .place = scope.region + "/" + scope.service + "/aws4_request",
                    .now = scope.now,
                    .valid_seconds = scope.valid_seconds,
                    .method = scope.method,
                    .payload = scope.payload};
  if (!credentials.session_token.empty()) signing.further = {{"X-Amz-Security-Token", credentials.session_token}};
  const V4Unsigned request = to_be_signed(address, signing);
  std::string key = "AWS4" + credentials.secret_access_key;
  for (const std::string& part : {request.day, scope.region, scope.service, std::string("aws4_request")}) {
    key = hmac(key, part);
  }
  return request.signed_url(hmac(key, request.text));
}

}  // namespace pretag
