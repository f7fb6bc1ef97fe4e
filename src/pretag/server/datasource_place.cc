#include "pretag/server/datasource_place.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "pretag/bucket/azure_signer.h"
#include "pretag/bucket/bucket_client.h"
#include "pretag/bucket/bucket_file_system.h"
#include "pretag/bucket/google_signer.h"
#include "pretag/bucket/s3_signer.h"
#include "pretag/util/paths.h"
#include "pretag/util/pause.h"
#include "pretag/util/percent.h"

namespace pretag {
namespace {

std::string shown(const Record& datasource, const char* key) {
  return datasource.document["shown"].value(key, std::string());
}

ApiError cannot_be_read(const std::string& type) {
  return {400, "DATASET_DATASOURCE_ACTION_NOT_IMPLEMENTED",
          "data sources of type " + type + " are stored, but cannot be read yet; use LOCAL, S3, GCS or AZURE"};
}

bool is_of_buckets(const std::string& type) {
  return type == "S3" || type == "S3DelegatedAccess" || type == "GCS" || type == "AZURE";
}

Reply<DatasourceFolder> local_folder(const ServerContext& server, const Record& datasource) {
  const ServerSettings& settings = server.settings();
  const bool is_lightly = datasource.name == "LIGHTLY";
  const std::string& root = is_lightly ? settings.lightly_dir : settings.input_dir;
  if (root.empty()) {
    return ApiError(400, "DATASET_DATASOURCE_ACTION_NOT_IMPLEMENTED",
                    std::string("this server does not see the folder, only the worker does; start it with ") +
                        (is_lightly ? "--lightly-dir" : "--input-dir"));
  }
  const std::string path = shown(datasource, "fullPath");
  return DatasourceFolder{&local_file_system(), path.empty() ? root : root + "/" + path};
}

std::string local_url(const Record& datasource, const std::string& file) {
  std::string url = shown(datasource, "webServerLocation");
  while (url.ends_with('/')) url.pop_back();
  const std::string path = shown(datasource, "fullPath");
  if (!path.empty()) url += "/" + percent_encode(path, true);
  return url + "/" + percent_encode(file, true);
}

// Azure's have container/path, as the client gives it.
std::string address_of(const Record& datasource) {
  const std::string path = shown(datasource, "fullPath");
  return shown(datasource, "type") == "AZURE" ? azure_address(path) : path;
}

// Somebody is waiting for the answer.
constexpr RetryPolicy kShort{.first_pause = 0.2, .longest_pause = 2, .give_up_after = 10};
constexpr int64_t kAtOnce = 900;           // seconds
constexpr int64_t kAWeek = 7 * 24 * 3600;  // a signature is good for no longer

}  // namespace

Reply<Record> look_up_datasource(const Call& call, std::string_view purpose) {
  PRETAG_ASSIGN(const auto sql, call.server.database().connect());
  return datasource_of({call.request, call.parameters, call.user, *sql, call.server}, purpose);
}

Reply<BucketUrl> bucket_folder(const Record& datasource) {
  const std::string type = shown(datasource, "type");
  if (!is_of_buckets(type)) return cannot_be_read(type);
  auto url = parse_bucket_url(address_of(datasource));
  if (!url) return ApiError(400, "DATASET_DATASOURCE_INVALID", url.error().message);
  return *std::move(url);
}

Reply<std::unique_ptr<BucketSigner>> bucket_signer(const ServerContext& server, const Record& datasource,
                                                   int64_t valid_seconds) {
  PRETAG_TRY(bucket_folder(datasource));
  const auto decrypted = server.key().decrypt(datasource.document["secrets"].get<std::string>(),
                                              datasource.parent + "/" + datasource.name);
  const auto secrets = nlohmann::json::parse(decrypted ? *decrypted : "", nullptr, false);
  if (!secrets.is_object()) {
    return ApiError(400, "DATASET_DATASOURCE_INVALID",
                    "the data source's secrets were encrypted with another key; set the data source again");
  }
  const UnixTime now = [&server] { return server.now_ms() / 1000; };
  if (shown(datasource, "type") == "GCS") {
    auto key = parse_google_key(secrets.value("gcsCredentials", std::string()));
    if (!key) return ApiError(400, "DATASET_DATASOURCE_INVALID", "gcsCredentials " + key.error().message);
    return make_google_signer(server.settings().google_endpoint, *std::move(key), valid_seconds, now);
  }
  if (shown(datasource, "type") == "AZURE") {
    return make_azure_signer(azure_account(shown(datasource, "accountName"), secrets.value("accountKey", std::string()),
                                           server.settings().azure_endpoint),
                             valid_seconds, now);
  }
  const S3Address address{.endpoint = server.settings().s3_endpoint,
                          .region = shown(datasource, "s3Region"),
                          .region_is_final = true,
                          .encryption_key = shown(datasource, "s3ServerSideEncryptionKMSKey")};
  if (shown(datasource, "type") == "S3DelegatedAccess") {
    auto credentials = server.credentials_of({.arn = shown(datasource, "s3ARN"),
                                              .external_id = secrets.value("s3ExternalId", std::string()),
                                              .region = address.region,
                                              .endpoint = server.settings().sts_endpoint});
    if (credentials == nullptr) {
      return ApiError(400, "DATASET_DATASOURCE_INVALID", "this server has no credentials at AWS to take a role with");
    }
    return make_s3_signer(address, std::move(credentials), valid_seconds, now);
  }
  AwsCredentials credentials{shown(datasource, "s3AccessKeyId"), secrets.value("s3SecretAccessKey", std::string())};
  return make_s3_signer(address, fixed_credentials(std::move(credentials)), valid_seconds, now);
}

Reply<SignedUrl> signed_address(BucketSigner& signer, const BucketRequest& request) {
  auto address = signer.sign(request);
  if (address) return *std::move(address);
  const Error& error = address.error();
  if (error.code == ErrorCode::kIo) return error;
  return ApiError(400, "DATASET_DATASOURCE_INVALID", error.message);
}

Reply<DatasourceFolder> datasource_folder(const ServerContext& server, const Record& datasource) {
  if (shown(datasource, "type") == "LOCAL") return local_folder(server, datasource);
  PRETAG_ASSIGN(const BucketUrl url, bucket_folder(datasource));
  PRETAG_ASSIGN(auto signer, bucket_signer(server, datasource, kAtOnce));
  static const std::atomic<bool> never = false;
  auto client = std::make_unique<BucketClient>(server.http(), dialect_of(url.scheme), std::move(signer),
                                               pause_until(never), kShort);
  const std::shared_ptr<FileSystem> files = bucket_file_system(std::move(client));
  return DatasourceFolder{files.get(), url.text(), files};
}

Reply<std::string> read_url(const ServerContext& server, const Record& datasource, const std::string& file) {
  if (!stays_inside(file)) return bad_request("the file name must be relative and stay within the data source");
  if (shown(datasource, "type") == "LOCAL") return local_url(datasource, file);
  PRETAG_ASSIGN(const BucketUrl folder, bucket_folder(datasource));
  PRETAG_ASSIGN(const auto signer, bucket_signer(server, datasource, std::min(server.settings().link_seconds, kAWeek)));
  PRETAG_ASSIGN(SignedUrl address, signed_address(*signer, {.bucket = folder.bucket, .key = folder.prefix() + file}));
  return std::move(address.url);
}

}  // namespace pretag
