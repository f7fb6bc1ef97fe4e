#include "pretag/bucket/s3_signer.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "pretag/util/percent.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

bool is_name_in_host(std::string_view text) {
  // Dots are none of it, though a name of a host may have some: a certificate for *.s3… holds for no name with more.
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

// A region becomes part of the address that is asked.
bool is_region(std::string_view text) {
  constexpr size_t kLongest = 63;
  return is_name_in_host(text) && text.size() <= kLongest;
}

// Trouble with credentials is not to be taken for trouble with the object.
Error error_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::kNotFound:
    case ErrorCode::kCorrupt:
      return {ErrorCode::kUnavailable, error.message};
    case ErrorCode::kUnsupported:
      return {ErrorCode::kInvalidArgument, error.message};
    default:
      return error;
  }
}

class CredentialsSigner final : public BucketSigner {
 public:
  CredentialsSigner(S3Address address, std::shared_ptr<CredentialsProvider> credentials, int64_t valid_seconds,
                    UnixTime now)
      : address_(std::move(address)),
        credentials_(std::move(credentials)),
        valid_seconds_(valid_seconds),
        now_(std::move(now)) {}

  Result<SignedUrl> sign(const BucketRequest& request) override {
    const std::string region = region_of(request.bucket);
    const BucketAddress address = address_of(request, region);
    if (credentials_ == nullptr) return SignedUrl{address.url(), region};
    const auto credentials = credentials_->get();
    if (!credentials) return error_of(credentials.error());
    const auto headers = headers_of(request);
    SignedUrl signed_url{.url = presigned_url(address, *credentials,
                                              {.region = region,
                                               .now = now_(),
                                               .valid_seconds = valid_seconds_,
                                               .method = request.method,
                                               .headers = headers}),
                         .region = region};
    for (const auto& [name, value] : headers) signed_url.headers.push_back(name + ": " + value);
    return signed_url;
  }

  void forget_credentials() override {
    if (credentials_ != nullptr) credentials_->forget();
  }

  bool learn_region(const std::string& bucket, const std::string& region) override {
    if (address_.region_is_final || !is_region(region)) return false;
    const std::lock_guard lock(mutex_);
    regions_[bucket] = region;
    return true;
  }

 private:
  std::vector<std::pair<std::string, std::string>> headers_of(const BucketRequest& request) const {
    if (request.method != "PUT" || address_.encryption_key.empty()) return {};
    return {{"x-amz-server-side-encryption", "aws:kms"},
            {"x-amz-server-side-encryption-aws-kms-key-id", address_.encryption_key}};
  }

  std::string region_of(const std::string& bucket) const {
    const std::lock_guard lock(mutex_);
    const auto found = regions_.find(bucket);
    return found == regions_.end() ? address_.region : found->second;
  }

  BucketAddress address_of(const BucketRequest& request, const std::string& region) const {
    const std::string path = "/" + percent_encode(request.key, true);
    if (!address_.endpoint.empty()) {
      const size_t host = address_.endpoint.find("://") + 3;
      const size_t host_end = std::min(address_.endpoint.find('/', host), address_.endpoint.size());
      return {.scheme_and_host = address_.endpoint.substr(0, host_end),
              .path = address_.endpoint.substr(host_end) + "/" + request.bucket + path,
              .query = request.query};
    }
    const std::string service = fmt::format("s3.{}.amazonaws.com{}", region, region.starts_with("cn-") ? ".cn" : "");
    const bool in_path = !is_name_in_host(request.bucket);
    return {.scheme_and_host = "https://" + (in_path ? service : request.bucket + "." + service),
            .path = in_path ? "/" + request.bucket + path : path,
            .query = request.query};
  }

  const S3Address address_;
  const std::shared_ptr<CredentialsProvider> credentials_;
  const int64_t valid_seconds_;
  const UnixTime now_;
  mutable std::mutex mutex_;                    // of what follows
  std::map<std::string, std::string> regions_;  // of buckets that are elsewhere
};

}  // namespace

Result<S3Settings> s3_settings(const EnvironmentLookup& environment, const AwsProfile& profile) {
  const auto first_of = [&](const char* variable, const char* other, const char* setting) {
    for (const char* name : {variable, other}) {
      if (const auto value = environment(name); value && !value->empty()) return *value;
    }
    const auto found = profile.find(setting);
    return found == profile.end() ? std::string() : found->second;
  };
  S3Settings settings;
  std::string& endpoint = settings.address.endpoint;
  PRETAG_ASSIGN(endpoint, checked_endpoint("AWS_ENDPOINT_URL",
                                           first_of("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "endpoint_url")));
  const std::string region = first_of("AWS_REGION", "AWS_DEFAULT_REGION", "region");
  if (!region.empty() && !is_region(region)) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("AWS_REGION: '{}' is not the name of a region, as eu-central-1 is", one_line(region))};
  }
  if (!region.empty()) settings.address.region = region;
  settings.unsigned_requests = is_yes(environment("AWS_NO_SIGN_REQUEST").value_or(""));
  return settings;
}

std::unique_ptr<BucketSigner> make_s3_signer(S3Address address, std::shared_ptr<CredentialsProvider> credentials,
                                             int64_t valid_seconds, UnixTime now) {
  return std::make_unique<CredentialsSigner>(std::move(address), std::move(credentials), valid_seconds, std::move(now));
}

}  // namespace pretag
