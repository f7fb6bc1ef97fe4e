// Who turns a request to S3 into an address that may be fetched.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "pretag/bucket/aws_profile.h"
#include "pretag/bucket/credentials.h"
#include "pretag/util/result.h"

namespace pretag {

struct S3Request {
  std::string method = "GET";
  std::string bucket;
  std::string key = {};                                         // empty: the bucket itself
  std::vector<std::pair<std::string, std::string>> query = {};  // not encoded
};

struct SignedUrl {
  std::string url;
  std::string region = {};         // that it was signed for; empty: not known
  std::string authorization = {};  // the header of this name, without which the address is refused; empty: none
};

// Thread-safe.
class S3Signer {
 public:
  virtual ~S3Signer() = default;
  // An address that is good for a quarter of an hour at least. kIo: it may be possible in a moment; kUnavailable: not
  // as things are; kInvalidArgument: not for this request, or there are no credentials.
  virtual Result<SignedUrl> sign(const S3Request& request) = 0;
  // What was signed last was refused since the credentials have expired.
  virtual void forget_credentials() {}
  // The bucket is said to be in this region. Whether it is signed for there from now on.
  virtual bool learn_region(const std::string& /*bucket*/, const std::string& /*region*/) { return false; }
};

struct S3Address {
  // "https://host[:port]" of another service than AWS; its buckets are named in the path. Empty: AWS, by region.
  std::string endpoint = {};
  std::string region = "us-east-1";  // to begin with: a bucket that is elsewhere says so
};

struct S3Settings {
  S3Address address;
  bool unsigned_requests = false;  // for public buckets: no credentials are asked for
};

// Whether a variable says YES, TRUE or 1, in any case.
bool is_yes(const std::string& value);

// AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, AWS_REGION or AWS_DEFAULT_REGION, AWS_NO_SIGN_REQUEST (YES, TRUE or 1), and
// what of these the profile has. kInvalidArgument for an endpoint that is no http address, or a region that is none.
Result<S3Settings> s3_settings(const EnvironmentLookup& environment, const AwsProfile& profile);

// Signs with one's own credentials; without any, addresses are left unsigned. `valid_seconds` is how long they are
// good.
std::unique_ptr<S3Signer> make_s3_signer(S3Address address, std::shared_ptr<CredentialsProvider> credentials,
                                         int64_t valid_seconds = 900, UnixTime now = unix_time_now);

}  // namespace pretag
