// What Amazon's security token service gives: credentials for a while.
#pragma once

#include <memory>
#include <string>

#include "pretag/bucket/credentials.h"
#include "pretag/util/environment.h"
#include "pretag/util/result.h"

namespace pretag {

class HttpClient;
struct HttpAnswer;

// The <Credentials> of an answer. kCorrupt if it holds none; `where` is for the message.
Result<AwsCredentials> parse_sts_credentials(const std::string& xml, const std::string& where);

// AWS_ENDPOINT_URL_STS or AWS_ENDPOINT_URL; empty: Amazon's, by region.
std::string sts_endpoint(const EnvironmentLookup& environment);

// Amazon's, "https://host"; without a region the one that serves all of them but China's.
std::string sts_host(const std::string& region);

// Of an answer that gives no role: kIo where it may be better in a moment, else kUnavailable with what the service says
// and that advice.
Error sts_refusal(const HttpAnswer& answer, const std::string& endpoint, const std::string& role,
                  const std::string& advice);

struct AwsRole {
  std::string arn;
  std::string external_id = {};  // empty: none is asked for
  std::string region;
  std::string endpoint = {};  // of the service, "https://host[:port]"; empty: Amazon's of the region
  std::string session_name = "pretag";
};

// Takes a role that somebody lets us take, for an hour. `own` are the credentials that we ask with, `now` unix seconds.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
Result<AwsCredentials> take_role(const AwsRole& role, const AwsCredentials& own, const HttpClient& http, int64_t now);

// The same whenever it is needed, and again when it is good for less than `ahead` seconds (see Renewed). Errors say
// whether ours or the role's are missing. `http` must outlive it.
std::unique_ptr<CredentialsProvider> assumed_role(AwsRole role, std::shared_ptr<CredentialsProvider> own,
                                                  const HttpClient& http, UnixTime now = unix_time_now,
                                                  int64_t ahead = kGoodForARequest);

}  // namespace pretag
