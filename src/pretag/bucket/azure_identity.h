// Who one is to Azure without a key or a shared access signature: an identity of Microsoft Entra.
#pragma once

#include <memory>

#include "pretag/bucket/oauth_tokens.h"
#include "pretag/util/environment.h"

namespace pretag {

class FileSystem;
class HttpClient;

// Tokens for Azure's storage, from where Azure's own libraries look (DefaultAzureCredential), in their order: a service
// principal's secret (AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET); a workload identity, as Kubernetes on
// Azure gives it to a pod (AZURE_FEDERATED_TOKEN_FILE with the first two); the managed identity of an app or a
// container app (IDENTITY_ENDPOINT, IDENTITY_HEADER) or of Azure Machine Learning (MSI_ENDPOINT, MSI_SECRET); that of
// the machine (Azure's instance metadata service). AZURE_CLIENT_ID says which, where a machine has several, and
// AZURE_AUTHORITY_HOST which cloud. Nothing is asked before the first get(). All that is given must outlive it.
std::unique_ptr<OauthTokens> azure_identity(const EnvironmentLookup& environment, const FileSystem& files,
                                            const HttpClient& http, UnixTime now = unix_time_now);

}  // namespace pretag
