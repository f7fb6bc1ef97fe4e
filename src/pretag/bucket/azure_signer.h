// Requests to the containers of Azure's blob service.
#pragma once

#include <memory>
#include <string>

#include "pretag/bucket/bucket_signer.h"
#include "pretag/bucket/oauth_tokens.h"
#include "pretag/bucket/renewed.h"
#include "pretag/util/environment.h"
#include "pretag/util/result.h"

namespace pretag {

struct AzureAccount {
  std::string name;
  std::string key = {};       // base64; addresses are then signed for each request alone
  std::string sas = {};       // else a shared access signature, "sv=…&sig=…", which every address gets
  std::string endpoint = {};  // empty: https://<name>.blob.core.windows.net
  bool is_public = false;     // its containers: no credentials are wanted

  bool needs_identity() const { return key.empty() && sas.empty() && !is_public; }
};

// The account of that name with its key or a shared access signature: which it is shows.
AzureAccount azure_account(std::string name, const std::string& key_or_sas, std::string endpoint);

// AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN and
// AZURE_STORAGE_SERVICE_ENDPOINT, as Azure's command line tool has them. AZURE_NO_SIGN_REQUEST=YES leaves addresses
// unsigned, for public containers. An account may come with neither: see azure_identity.h. kInvalidArgument says what
// is missing.
Result<AzureAccount> azure_account_of(const EnvironmentLookup& environment);

// What to do where there are no credentials.
extern const char kAzureAdvice[];

// Signs with the account's key (a service SAS, as version 2020-12-06 has it), for `valid_seconds`.
// https://learn.microsoft.com/rest/api/storageservices/create-service-sas
std::unique_ptr<BucketSigner> make_azure_signer(AzureAccount account, int64_t valid_seconds = 900,
                                                UnixTime now = unix_time_now);

// Each request carries a token of an identity.
// https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory
std::unique_ptr<BucketSigner> make_azure_signer(AzureAccount account, std::unique_ptr<OauthTokens> tokens,
                                                UnixTime now = unix_time_now);

}  // namespace pretag
