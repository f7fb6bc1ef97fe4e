#include "pretag/bucket/azure_identity.h"

#include <string>
#include <utility>

#include "pretag/bucket/azure_signer.h"
#include "pretag/io/file_system.h"
#include "pretag/io/http_client.h"
#include "pretag/util/percent.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr char kResource[] = "https://storage.azure.com/";
constexpr char kScope[] = "https://storage.azure.com/.default";
constexpr char kPrincipalAdvice[] = "check AZURE_TENANT_ID, AZURE_CLIENT_ID and the secret or the federated token";
constexpr char kManagedAdvice[] =
    "check that it has a managed identity, and where it has several, AZURE_CLIENT_ID; or set AZURE_STORAGE_KEY or "
    "AZURE_STORAGE_SAS_TOKEN";

HttpCall managed_identity_call(const std::string& endpoint, const std::string& version, std::string header,
                               const std::string& client_parameter) {
  return {.url = endpoint + "?api-version=" + version + "&resource=" + percent_encode(kResource) + client_parameter,
          .headers = {std::move(header)}};
}

OauthSource from_call(HttpCall call, std::string where, std::string advice) {
  return {.call = [call = std::move(call)] { return call; }, .where = std::move(where), .advice = std::move(advice)};
}

OauthSource source_of(const EnvironmentLookup& environment, const FileSystem& files) {
  const auto variable = [&](const char* name) { return environment(name).value_or(""); };
  const std::string tenant = variable("AZURE_TENANT_ID"), client = variable("AZURE_CLIENT_ID");
  std::string authority = variable("AZURE_AUTHORITY_HOST");
  if (authority.empty()) authority = "https://login.microsoftonline.com";
  while (authority.ends_with('/')) authority.pop_back();
  const std::string entra = authority + "/" + percent_encode(tenant) + "/oauth2/v2.0/token";
  const bool is_principal = !tenant.empty() && !client.empty();

  // https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
  if (const std::string secret = variable("AZURE_CLIENT_SECRET"); is_principal && !secret.empty()) {
    return from_call(oauth_form(entra, {{"grant_type", "client_credentials"},
                                        {"client_id", client},
                                        {"client_secret", secret},
                                        {"scope", kScope}}),
                     entra, kPrincipalAdvice);
  }
  if (const std::string path = variable("AZURE_FEDERATED_TOKEN_FILE"); is_principal && !path.empty()) {
    const auto call = [entra, client, path, &files]() -> Result<HttpCall> {
      constexpr size_t kMostBytes = 1 << 20;
      PRETAG_ASSIGN(const auto bytes, files.read(path, kMostBytes));  // Kubernetes writes another one every hour
      const std::string_view token = trim({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
      return oauth_form(entra, {{"grant_type", "client_credentials"},
                                {"client_id", client},
                                {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
                                {"client_assertion", std::string(token)},
                                {"scope", kScope}});
    };
    return {.call = call, .where = entra, .advice = kPrincipalAdvice};
  }

  // https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
  const std::string which = client.empty() ? "" : percent_encode(client);
  const std::string app = variable("IDENTITY_ENDPOINT"), app_secret = variable("IDENTITY_HEADER");
  if (!app.empty() && !app_secret.empty()) {
    return from_call(managed_identity_call(app, "2019-08-01", "X-IDENTITY-HEADER: " + app_secret,
                                           which.empty() ? "" : "&client_id=" + which),
                     app, kManagedAdvice);
  }
  const std::string learning = variable("MSI_ENDPOINT"), learning_secret = variable("MSI_SECRET");
  if (!learning.empty() && !learning_secret.empty()) {
    return from_call(managed_identity_call(learning, "2017-09-01", "secret: " + learning_secret,
                                           which.empty() ? "" : "&clientid=" + which),
                     learning, kManagedAdvice);
  }

  // https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
  std::string machine = variable("AZURE_POD_IDENTITY_AUTHORITY_HOST");
  if (machine.empty()) machine = "http://169.254.169.254";
  while (machine.ends_with('/')) machine.pop_back();
  OauthSource source = from_call(managed_identity_call(machine + "/metadata/identity/oauth2/token", "2018-02-01",
                                                       "Metadata: true", which.empty() ? "" : "&client_id=" + which),
                                 "this machine's managed identity", kManagedAdvice);
  source.nobody = std::string("there are no credentials for Azure's containers: ") + kAzureAdvice;
  return source;
}

}  // namespace

std::unique_ptr<OauthTokens> azure_identity(const EnvironmentLookup& environment, const FileSystem& files,
                                            const HttpClient& http, UnixTime now) {
  return oauth_tokens(source_of(environment, files), http, std::move(now));
}

}  // namespace pretag
