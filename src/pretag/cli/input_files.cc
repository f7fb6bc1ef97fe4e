#include "pretag/cli/input_files.h"

#include <utility>

#include "pretag/bucket/azure_identity.h"
#include "pretag/bucket/azure_signer.h"
#include "pretag/bucket/bucket_client.h"
#include "pretag/bucket/bucket_file_system.h"
#include "pretag/bucket/bucket_url.h"
#include "pretag/bucket/file_system_with_buckets.h"
#include "pretag/bucket/google_signer.h"
#include "pretag/bucket/s3_signer.h"
#include "pretag/cli/paths.h"
#include "pretag/util/pause.h"

namespace pretag {
namespace {

// The file systems of buckets, and the connections that they use.
class ConnectedBuckets {
 public:
  ConnectedBuckets(const std::atomic<bool>& stop, BucketClient::Notice notice)
      : stop_(stop), notice_(std::move(notice)) {}

  Result<std::unique_ptr<FileSystem>> connect(const std::string& scheme) {
    if (http_ == nullptr) http_ = make_http_client({.ca_file = trusted_certificates()});
    PRETAG_ASSIGN(auto signer, signer_for(scheme));
    return bucket_file_system(std::make_unique<BucketClient>(*http_, dialect_of(scheme), std::move(signer),
                                                             pause_until(stop_), BucketClient::kRetries, steady_clock(),
                                                             notice_));
  }

 private:
  Result<std::unique_ptr<BucketSigner>> signer_for(const std::string& scheme) const {
    if (scheme == kGoogleScheme) return google_signer();
    if (scheme == kAzureScheme) return azure_signer();
    return s3_signer();
  }

  Result<std::unique_ptr<BucketSigner>> azure_signer() const {
    PRETAG_ASSIGN(AzureAccount account, azure_account_of(process_environment));
    if (!account.needs_identity()) return make_azure_signer(std::move(account));
    return make_azure_signer(std::move(account), azure_identity(process_environment, local_file_system(), *http_));
  }

  Result<std::unique_ptr<BucketSigner>> s3_signer() const {
    PRETAG_ASSIGN(AwsProfile profile, read_aws_profile(process_environment, local_file_system()));
    PRETAG_ASSIGN(const S3Settings settings, s3_settings(process_environment, profile));
    auto credentials = settings.unsigned_requests
                           ? nullptr
                           : credential_chain(process_environment, std::move(profile), local_file_system(), *http_);
    return make_s3_signer(settings.address, std::move(credentials));
  }

  Result<std::unique_ptr<BucketSigner>> google_signer() const {
    PRETAG_ASSIGN(const std::string endpoint, google_endpoint(process_environment));
    // As GDAL calls it; Google's own tools have no such variable.
    const bool is_public = is_yes(process_environment("GS_NO_SIGN_REQUEST").value_or(""));
    if (is_public) return make_google_signer(endpoint, nullptr);
    PRETAG_ASSIGN(auto credentials, find_google_credentials(process_environment, local_file_system(), *http_,
                                                            unix_time_now, pause_until(stop_)));
    return make_google_signer(endpoint, std::make_unique<GoogleCredentials>(std::move(credentials)));
  }

  const std::atomic<bool>& stop_;
  const BucketClient::Notice notice_;
  std::unique_ptr<HttpClient> http_;
};

}  // namespace

std::unique_ptr<FileSystem> files_and_buckets(const std::atomic<bool>& stop,
                                              std::function<void(const std::string&)> notice) {
  auto buckets = std::make_shared<ConnectedBuckets>(stop, std::move(notice));
  return file_system_with_buckets(local_file_system(),
                                  [buckets](const std::string& scheme) { return buckets->connect(scheme); });
}

}  // namespace pretag
