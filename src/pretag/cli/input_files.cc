#include "pretag/cli/input_files.h"

#include <utility>

#include "pretag/bucket/file_system_with_buckets.h"
#include "pretag/bucket/s3_client.h"
#include "pretag/bucket/s3_file_system.h"
#include "pretag/cli/paths.h"
#include "pretag/util/pause.h"

namespace pretag {
namespace {

// An S3 file system and the connections that it uses.
class ConnectedBuckets {
 public:
  ConnectedBuckets(const std::atomic<bool>& stop, S3Client::Notice notice) : stop_(stop), notice_(std::move(notice)) {}

  Result<std::unique_ptr<FileSystem>> connect() {
    PRETAG_ASSIGN(AwsProfile profile, read_aws_profile(process_environment, local_file_system()));
    PRETAG_ASSIGN(const S3Settings settings, s3_settings(process_environment, profile));
    http_ = make_http_client({.ca_file = trusted_certificates()});
    auto credentials = settings.unsigned_requests
                           ? nullptr
                           : credential_chain(process_environment, std::move(profile), local_file_system(), *http_);
    return s3_file_system(std::make_unique<S3Client>(*http_, make_s3_signer(settings.address, std::move(credentials)),
                                                     pause_until(stop_), S3Client::kRetries, steady_clock(), notice_));
  }

 private:
  const std::atomic<bool>& stop_;
  const S3Client::Notice notice_;
  std::unique_ptr<HttpClient> http_;
};

}  // namespace

std::unique_ptr<FileSystem> files_and_buckets(const std::atomic<bool>& stop,
                                              std::function<void(const std::string&)> notice) {
  auto buckets = std::make_shared<ConnectedBuckets>(stop, std::move(notice));
  return file_system_with_buckets(local_file_system(), [buckets] { return buckets->connect(); });
}

}  // namespace pretag
