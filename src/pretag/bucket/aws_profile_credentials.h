// The credentials that a profile of the AWS tools stands for.
#pragma once

#include <optional>

#include "pretag/bucket/aws_profile.h"
#include "pretag/bucket/aws_sources.h"
#include "pretag/util/result.h"

namespace pretag {

// Nothing where it names none. In the order of the AWS tools: a role (role_arn) that is taken with the credentials of
// another profile (source_profile, which may itself take a role), of the environment, the container or the machine
// (credential_source), or for a token (web_identity_token_file); a key; what a program writes (credential_process); and
// for single sign-on (sso_session, sso_start_url) what the AWS command line tool exports, which has to be installed.
// kInvalidArgument says what is wrong in which profile.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
Result<std::optional<AwsCredentials>> credentials_of_profile(const AwsSurroundings& around, const std::string& name,
                                                             const AwsProfile& profile);

}  // namespace pretag
