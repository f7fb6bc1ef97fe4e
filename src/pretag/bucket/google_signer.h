// Requests to Google's buckets, whose XML API speaks S3's protocol but for the signatures.
#pragma once

#include <memory>
#include <string>

#include "pretag/bucket/bucket_signer.h"
#include "pretag/bucket/google_credentials.h"
#include "pretag/util/environment.h"
#include "pretag/util/result.h"

namespace pretag {

inline constexpr char kGoogleEndpoint[] = "https://storage.googleapis.com";

// STORAGE_EMULATOR_HOST as Google's libraries have it, or the endpoint above. kInvalidArgument for what is no http
// address.
Result<std::string> google_endpoint(const EnvironmentLookup& environment);

// Signs with the key of a service account (V4, RSA), for `valid_seconds`, a week at the most.
std::unique_ptr<BucketSigner> make_google_signer(std::string endpoint, GoogleKey key, int64_t valid_seconds = 900,
                                                 UnixTime now = unix_time_now);

// With a key as above; with tokens, each request carries one. Null credentials leave addresses as they are, for public
// buckets.
std::unique_ptr<BucketSigner> make_google_signer(std::string endpoint, std::unique_ptr<GoogleCredentials> credentials);

}  // namespace pretag
