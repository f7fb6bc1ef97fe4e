// Who one is to a bucket.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "pretag/bucket/aws_profile.h"
#include "pretag/bucket/aws_signature.h"
#include "pretag/bucket/renewed.h"
#include "pretag/util/result.h"

namespace pretag {

class HttpClient;

// Credentials that are good for now. Thread-safe.
class CredentialsProvider {
 public:
  virtual ~CredentialsProvider() = default;
  // Errors say where credentials were looked for, and how to give some.
  virtual Result<AwsCredentials> get() = 0;
  // They were refused although they should be good: the next get() looks for others.
  virtual void forget() {}
};

std::unique_ptr<CredentialsProvider> fixed_credentials(AwsCredentials credentials);
// None, for a reason.
std::unique_ptr<CredentialsProvider> no_credentials(Error reason);

// Where the AWS SDKs look, in their order: the variables AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
// AWS_SESSION_TOKEN; a web identity (AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN, as in Kubernetes on AWS); the
// profile (aws_profile_credentials.h); the container's (AWS_CONTAINER_CREDENTIALS_…); the machine's own (EC2 metadata,
// IMDSv2). Temporary ones are fetched again five minutes before they expire. All that is given must outlive it.
std::unique_ptr<CredentialsProvider> credential_chain(EnvironmentLookup environment, AwsProfile profile,
                                                      const FileSystem& files, const HttpClient& http,
                                                      UnixTime now = unix_time_now);

}  // namespace pretag
