#include "pretag/bucket/aws_profile.h"

#include <fmt/format.h>

#include "pretag/io/file_system.h"
#include "pretag/io/program.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

// "" where there is no such file: nobody has to have one.
Result<std::string> text_of_file(const std::string& path, const FileSystem& files) {
  constexpr size_t kMostBytes = 1 << 20;
  if (path.empty() || !files.exists(path)) return std::string();
  PRETAG_ASSIGN(const auto bytes, files.read(path, kMostBytes));
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::string path_of(const EnvironmentLookup& environment, const char* variable, const char* in_home) {
  if (auto path = environment(variable); path && !path->empty()) return *path;
  const auto home = environment("HOME");
  return home && !home->empty() ? *home + "/.aws/" + in_home : "";
}

}  // namespace

AwsProfile parse_aws_profile(std::string_view text, const std::string& name) {
  AwsProfile profile;
  bool inside = false;
  for (const std::string& raw : split(without_byte_order_mark(text), '\n')) {
    const std::string_view line = trim(raw);
    if (line.starts_with('#') || line.starts_with(';')) continue;
    if (line.starts_with('[')) {
      std::string_view section = trim(line.substr(1, line.find(']') - 1));
      constexpr std::string_view kProfile = "profile ";
      if (section.starts_with(kProfile)) section = trim(section.substr(kProfile.size()));
      // The tools quote a name with blanks as a shell would; an apostrophe may also be just that.
      const auto words = command_words(section);
      inside = section == name || (words && words->size() == 1 && words->front() == name);
      continue;
    }
    // What is indented belongs to the setting above ("s3 =").
    const size_t equals = line.find('=');
    if (!inside || equals == std::string_view::npos || raw.starts_with(' ') || raw.starts_with('\t')) continue;
    profile[to_lower(trim(line.substr(0, equals)))] = trim(line.substr(equals + 1));
  }
  return profile;
}

std::string aws_profile_name(const EnvironmentLookup& environment) {
  const auto named = environment("AWS_PROFILE");
  return named && !named->empty() ? *named : "default";
}

Result<AwsProfile> read_aws_profile(const std::string& name, const EnvironmentLookup& environment,
                                    const FileSystem& files) {
  const std::string config_path = path_of(environment, "AWS_CONFIG_FILE", "config");
  const std::string credentials_path = path_of(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
  PRETAG_ASSIGN(const std::string config, text_of_file(config_path, files));
  PRETAG_ASSIGN(const std::string credentials, text_of_file(credentials_path, files));
  AwsProfile profile = parse_aws_profile(config, name);
  const AwsProfile secrets = parse_aws_profile(credentials, name);
  // Keys go together: one half of them must not come from the other file.
  if (secrets.contains("aws_access_key_id")) {
    for (const char* key : {"aws_access_key_id", "aws_secret_access_key", "aws_session_token"}) profile.erase(key);
  }
  for (const auto& [key, value] : secrets) profile[key] = value;
  if (profile.empty() && name != "default") {
    return Error{ErrorCode::kNotFound,
                 fmt::format("there is no profile '{}' in {} or {}", one_line(name), config_path, credentials_path)};
  }
  return profile;
}

Result<AwsProfile> read_aws_profile(const EnvironmentLookup& environment, const FileSystem& files) {
  auto profile = read_aws_profile(aws_profile_name(environment), environment, files);
  if (!profile && profile.error().code == ErrorCode::kNotFound) return profile.error().in("AWS_PROFILE");
  return profile;
}

}  // namespace pretag
