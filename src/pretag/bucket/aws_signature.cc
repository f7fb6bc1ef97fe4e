#include "pretag/bucket/aws_signature.h"

#include "pretag/bucket/hmac.h"

namespace pretag {
std::string presigned_url(const BucketAddress& address, const AwsCredentials& credentials, const SigningScope& scope) {
  V4Signing signing{.algorithm = "AWS4-HMAC-SHA256",
                    .parameter = "X-Amz-",
                    .signer = credentials.access_key_id,
                    .place = scope.region + "/" + scope.service + "/aws4_request",
                    .now = scope.now,
                    .valid_seconds = scope.valid_seconds,
                    .method = scope.method,
                    .payload = scope.payload,
                    .headers = scope.headers};
  if (!credentials.session_token.empty()) signing.further = {{"X-Amz-Security-Token", credentials.session_token}};
  const V4Unsigned request = to_be_signed(address, signing);
  std::string key = "AWS4" + credentials.secret_access_key;
  for (const std::string& part : {request.day, scope.region, scope.service, std::string("aws4_request")}) {
    key = hmac_sha256(key, part);
  }
  return request.signed_url(hmac_sha256(key, request.text));
}

}  // namespace pretag
