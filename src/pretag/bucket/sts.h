// What Amazon's security token service gives: credentials for a while.
#pragma once

#include <memory>
#include <string>

#include "pretag/bucket/credentials.h"
#include "pretag/util/environment.h"
#include "pretag/util/result.h"

namespace pretag {

class HttpClient;

// The <Credentials> of an answer. kCorrupt if it holds none; `where` is for the message.
Result<AwsCredentials> parse_sts_credentials(const std::string& xml, const std::string& where);

// AWS_ENDPOINT_URL_STS or AWS_ENDPOINT_URL; empty: Amazon's, by region.
std::string sts_endpoint(const EnvironmentLookup& environment);

struct AwsRole {
  std::string arn, external_id;
  std::string region;
  std::string endpoint = {};  // of the service, "https://host[:port]"; empty: Amazon's of the region
};

// Those of a role that somebody lets us take (AssumeRole), good for an hour and taken again before. `own` are the
// credentials that we ask with. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
// Errors say whether ours or the role's are missing. `http` must outlive it.
std::unique_ptr<CredentialsProvider> assumed_role(AwsRole role, std::shared_ptr<CredentialsProvider> own,
                                                  const HttpClient& http, UnixTime now = unix_time_now);

}  // namespace pretag
