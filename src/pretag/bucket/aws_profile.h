// What the AWS command line tools keep in ~/.aws: settings and credentials, in profiles.
// https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "pretag/util/environment.h"
#include "pretag/util/result.h"

namespace pretag {

class FileSystem;

// The settings of one profile, by their names in lower case ("region", "aws_access_key_id" …).
using AwsProfile = std::map<std::string, std::string>;

// The profile called `name` in the text of a configuration file, where sections may also be called "profile NAME"; that
// of a file of credentials has the bare names. Empty where there is none. Lines that are no setting are passed over.
AwsProfile parse_aws_profile(std::string_view text, const std::string& name);

// AWS_PROFILE, or "default".
std::string aws_profile_name(const EnvironmentLookup& environment);

// That of this name from both files (AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE, or config and credentials in
// ~/.aws); credentials have the last word. kNotFound for one that is in neither, unless it is called "default".
Result<AwsProfile> read_aws_profile(const std::string& name, const EnvironmentLookup& environment,
                                    const FileSystem& files);
// The one that the environment names.
Result<AwsProfile> read_aws_profile(const EnvironmentLookup& environment, const FileSystem& files);

}  // namespace pretag
