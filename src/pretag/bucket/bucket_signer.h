// Who turns a request to a bucket into an address that may be fetched.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "pretag/util/result.h"

namespace pretag {

struct BucketRequest {
  std::string method = "GET";
  std::string bucket;
  std::string key = {};                                         // empty: the bucket itself
  std::vector<std::pair<std::string, std::string>> query = {};  // not encoded
};

struct SignedUrl {
  std::string url;
  std::string region = {};                // that it was signed for; empty: not known
  std::vector<std::string> headers = {};  // "Name: value", without which the address is refused
};

// Thread-safe.
class BucketSigner {
 public:
  virtual ~BucketSigner() = default;
  // An address that is good for a quarter of an hour at least. kIo: it may be possible in a moment; kUnavailable: not
  // as things are; kInvalidArgument: not for this request, or there are no credentials.
  virtual Result<SignedUrl> sign(const BucketRequest& request) = 0;
  // What was signed last was refused since the credentials have expired.
  virtual void forget_credentials() {}
  // The bucket is said to be in this region. Whether it is signed for there from now on.
  virtual bool learn_region(const std::string& /*bucket*/, const std::string& /*region*/) { return false; }
};

}  // namespace pretag
