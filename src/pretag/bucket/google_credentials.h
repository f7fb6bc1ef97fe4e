// Who one is to Google's buckets.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "pretag/bucket/oauth_tokens.h"
#include "pretag/util/environment.h"
#include "pretag/util/result.h"

namespace pretag {

class FileSystem;
class HttpClient;

// The key of a service account, with which addresses are signed.
struct GoogleKey {
  std::string client_email;
  std::string private_key;  // PEM
};

// The JSON file of a service account's key. kInvalidArgument for what is none; no message repeats any of it.
Result<GoogleKey> parse_google_key(std::string_view json);

// Exactly one of the two.
struct GoogleCredentials {
  std::optional<GoogleKey> key;
  std::unique_ptr<OauthTokens> tokens;
};

// Where Google's libraries look (application default credentials), in their order: the file that
// GOOGLE_APPLICATION_CREDENTIALS names; what `gcloud auth application-default login` has left in the user's
// configuration ($CLOUDSDK_CONFIG, or ~/.config/gcloud); the metadata service of a machine or pod in Google's cloud
// (GCE_METADATA_HOST). A file is a service account's key, an authorized user, an external account (a federated identity
// whose token is in a file or at an address), or a service account that one of the latter two impersonates; other kinds
// are kUnsupported, with advice. A pod's metadata service, which takes some seconds to come up, is asked three times;
// `pause` lies between, and where it is empty, sleep. All else that is given must outlive it.
Result<GoogleCredentials> find_google_credentials(const EnvironmentLookup& environment, const FileSystem& files,
                                                  const HttpClient& http, UnixTime now = unix_time_now,
                                                  Pause pause = {});

}  // namespace pretag
