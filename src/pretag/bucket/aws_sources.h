// Where credentials for AWS may come from, one by one. In which order they are asked is in credentials.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pretag/bucket/aws_signature.h"
#include "pretag/util/environment.h"
#include "pretag/util/result.h"

namespace pretag {

class FileSystem;
class HttpClient;

// What is asked, at one moment.
struct AwsSurroundings {
  const EnvironmentLookup& environment;
  const FileSystem& files;
  const HttpClient& http;
  int64_t now = 0;  // unix seconds

  std::string variable(const char* name) const { return environment(name).value_or(""); }
};

// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, if the first two are set.
std::optional<AwsCredentials> credentials_in_variables(const AwsSurroundings& around);

struct AwsWebIdentity {
  std::string token_file, role_arn, session_name;
};
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
Result<AwsCredentials> credentials_of_web_identity(const AwsSurroundings& around, const AwsWebIdentity& identity);

// Where the container's are (AWS_CONTAINER_CREDENTIALS_…); empty where there are none. The address is half a secret.
std::string address_of_container_credentials(const AwsSurroundings& around);
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
Result<AwsCredentials> credentials_of_container(const AwsSurroundings& around, const std::string& address);

// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html
Result<AwsCredentials> credentials_of_machine(const AwsSurroundings& around);

// What a program writes that is started for them; a minute is enough, or it is ended. The command is as
// output_of_program has it, or a line as a shell splits it.
// https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sourcing-external.html
Result<AwsCredentials> credentials_of_program(const std::vector<std::string>& command);
Result<AwsCredentials> credentials_of_program(const std::string& line);

}  // namespace pretag
