#include "pretag/bucket/azure_signer.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <map>
#include <utility>

#include "pretag/bucket/hmac.h"
#include "pretag/util/percent.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr char kVersion[] = "2020-12-06";

Error invalid(const std::string& message) { return {ErrorCode::kInvalidArgument, message}; }

// It becomes part of the address that is asked.
bool is_account_name(std::string_view name) {
  constexpr size_t kLongest = 63;
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !name.empty() && name.size() <= kLongest && std::ranges::all_of(name, fits);
}

// "AccountName=…;AccountKey=…;…": values may have '=' in them.
std::map<std::string, std::string> parts_of(const std::string& connection) {
  std::map<std::string, std::string> parts;
  for (const std::string& part : split(connection, ';')) {
    const size_t equals = part.find('=');
    if (equals != std::string::npos) parts[part.substr(0, equals)] = part.substr(equals + 1);
  }
  return parts;
}

class AzureSigner final : public BucketSigner {
 public:
  AzureSigner(AzureAccount account, std::unique_ptr<OauthTokens> tokens, int64_t valid_seconds, UnixTime now)
      : account_(std::move(account)), tokens_(std::move(tokens)), valid_seconds_(valid_seconds), now_(std::move(now)) {
    while (account_.endpoint.ends_with('/')) account_.endpoint.pop_back();
    if (account_.endpoint.empty()) account_.endpoint = "https://" + account_.name + ".blob.core.windows.net";
    while (account_.sas.starts_with('?')) account_.sas.erase(0, 1);
  }

  Result<SignedUrl> sign(const BucketRequest& request) override {
    const std::string blob = request.key.empty() ? "" : "/" + percent_encode(request.key, true);
    std::string url = account_.endpoint + "/" + request.bucket + blob, query;
    for (const auto& [name, value] : request.query) {
      query += fmt::format("{}{}={}", query.empty() ? "" : "&", percent_encode(name), percent_encode(value));
    }
    PRETAG_ASSIGN(const std::string signature, signature_for(request));
    if (!signature.empty()) query += (query.empty() ? "" : "&") + signature;
    SignedUrl address{.url = query.empty() ? url : url + "?" + query};
    if (tokens_ == nullptr) return address;
    PRETAG_ASSIGN(const OauthToken token, tokens_->get());
    address.headers = {
        "Authorization: Bearer " + token.text, fmt::format("x-ms-version: {}", kVersion),
        fmt::format("x-ms-date: {:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(static_cast<std::time_t>(now_())))};
    return address;
  }

  void forget_credentials() override {
    if (tokens_ != nullptr) tokens_->forget();
  }

 private:
  // The part of the query that grants what is asked for; empty for public containers.
  Result<std::string> signature_for(const BucketRequest& request) const {
    if (account_.key.empty()) return account_.sas;
    const auto key = base64_decode(account_.key);
    if (!key) return invalid("the key of the account " + one_line(account_.name) + " is damaged: it is no base64");
    const bool lists = request.key.empty();
    const char* permissions = lists ? "l" : request.method == "PUT" ? "cw" : request.method == "DELETE" ? "d" : "r";
    const std::string expiry =
        fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(now_() + valid_seconds_)));
    const std::string protocol = account_.endpoint.starts_with("https:") ? "https" : "";
    const std::string resource =
        fmt::format("/blob/{}/{}{}", account_.name, request.bucket, lists ? "" : "/" + request.key);
    const char* kind = lists ? "c" : "b";
    // Permissions, start, expiry, resource, identifier, addresses, protocol, version, kind, snapshot, encryption scope,
    // and five headers of the answer.
    const std::string text = fmt::format("{}\n\n{}\n{}\n\n\n{}\n{}\n{}\n\n\n\n\n\n\n", permissions, expiry, resource,
                                         protocol, kVersion, kind);
    std::string query = fmt::format("sv={}&sr={}&sp={}&se={}", kVersion, kind, permissions, percent_encode(expiry));
    if (!protocol.empty()) query += "&spr=" + protocol;
    return query + "&sig=" + percent_encode(base64_encode(hmac_sha256(*key, text)));
  }

  AzureAccount account_;
  const std::unique_ptr<OauthTokens> tokens_;  // or null
  const int64_t valid_seconds_;
  const UnixTime now_;
};

}  // namespace

const char kAzureAdvice[] =
    "set AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, "
    "or give this machine an identity of Azure's, or for a public container set AZURE_NO_SIGN_REQUEST=YES";

AzureAccount azure_account(std::string name, const std::string& key_or_sas, std::string endpoint) {
  // A key may end in "sig==", too; a signature has a parameter of that name.
  const std::string query = key_or_sas.substr(key_or_sas.find('?') + 1);
  const bool is_sas =
      std::ranges::any_of(split(query, '&'), [](const std::string& part) { return part.starts_with("sig="); });
  return {.name = std::move(name),
          .key = is_sas ? "" : key_or_sas,
          .sas = is_sas ? key_or_sas : "",
          .endpoint = std::move(endpoint)};
}

Result<AzureAccount> azure_account_of(const EnvironmentLookup& environment) {
  const auto variable = [&](const char* name) { return environment(name).value_or(""); };
  AzureAccount account{.name = variable("AZURE_STORAGE_ACCOUNT"),
                       .key = variable("AZURE_STORAGE_KEY"),
                       .sas = variable("AZURE_STORAGE_SAS_TOKEN"),
                       .endpoint = variable("AZURE_STORAGE_SERVICE_ENDPOINT")};
  if (const std::string connection = variable("AZURE_STORAGE_CONNECTION_STRING"); !connection.empty()) {
    auto parts = parts_of(connection);
    account = {.name = parts["AccountName"],
               .key = parts["AccountKey"],
               .sas = parts["SharedAccessSignature"],
               .endpoint = parts["BlobEndpoint"]};
    const std::string suffix = parts["EndpointSuffix"];
    if (account.endpoint.empty() && !suffix.empty()) account.endpoint = "https://" + account.name + ".blob." + suffix;
  }
  PRETAG_ASSIGN(account.endpoint, checked_endpoint("AZURE_STORAGE_SERVICE_ENDPOINT", account.endpoint));
  // A SAS needs no more than the address.
  if (account.name.empty() && (account.endpoint.empty() || !account.key.empty())) {
    return invalid(std::string("there is no account for Azure's containers: ") + kAzureAdvice);
  }
  if (!account.name.empty() && !is_account_name(account.name)) {
    return invalid(fmt::format("'{}' is not the name of a storage account", one_line(account.name)));
  }
  account.is_public = is_yes(variable("AZURE_NO_SIGN_REQUEST"));
  if (account.is_public) account.key = account.sas = "";
  return account;
}

std::unique_ptr<BucketSigner> make_azure_signer(AzureAccount account, int64_t valid_seconds, UnixTime now) {
  return std::make_unique<AzureSigner>(std::move(account), nullptr, valid_seconds, std::move(now));
}

std::unique_ptr<BucketSigner> make_azure_signer(AzureAccount account, std::unique_ptr<OauthTokens> tokens,
                                                UnixTime now) {
  return std::make_unique<AzureSigner>(std::move(account), std::move(tokens), 0, std::move(now));
}

}  // namespace pretag
