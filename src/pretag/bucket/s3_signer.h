// Requests to S3, or to what speaks its protocol, signed with one's own credentials.
#pragma once

#include <memory>
#include <string>

#include "pretag/bucket/aws_profile.h"
#include "pretag/bucket/bucket_signer.h"
#include "pretag/bucket/credentials.h"
#include "pretag/util/environment.h"
#include "pretag/util/result.h"

namespace pretag {

struct S3Address {
  // "https://host[:port]" of another service than AWS; its buckets are named in the path. Empty: AWS, by region.
  std::string endpoint = {};
  std::string region = "us-east-1";  // to begin with: a bucket that is elsewhere says so
  bool region_is_final = false;      // what is signed is handed out, and who uses it could not learn another
  // Of Amazon's key management, with which what is put is to be encrypted; empty: as the bucket does it by itself.
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-kms-encryption.html
  std::string encryption_key = {};
};

struct S3Settings {
  S3Address address;
  bool unsigned_requests = false;  // for public buckets: no credentials are asked for
};

// AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, AWS_REGION or AWS_DEFAULT_REGION, AWS_NO_SIGN_REQUEST (YES, TRUE or 1), and
// what of these the profile has. kInvalidArgument for an endpoint that is no http address, or a region that is none.
Result<S3Settings> s3_settings(const EnvironmentLookup& environment, const AwsProfile& profile);

// Signs with one's own credentials; without any, addresses are left unsigned. `valid_seconds` is how long they are
// good.
std::unique_ptr<BucketSigner> make_s3_signer(S3Address address, std::shared_ptr<CredentialsProvider> credentials,
                                             int64_t valid_seconds = 900, UnixTime now = unix_time_now);

}  // namespace pretag
