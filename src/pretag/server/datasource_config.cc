#include "pretag/server/datasource_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <string_view>
#include <vector>

#include "pretag/bucket/bucket_url.h"
#include "pretag/server/json_fields.h"
#include "pretag/util/paths.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

using nlohmann::json;

constexpr char kMask[] = "*****";

struct Field {
  const char* key;
  enum class Kind { kPlain, kSecret } kind = Kind::kPlain;
  bool required = true;
  const char* pattern = nullptr;  // of the whole value
  size_t shortest = 1, longest = 4096;
  const char* hint = "";
};

constexpr auto kSecret = Field::Kind::kSecret;
constexpr auto kPlain = Field::Kind::kPlain;
// Regions come and go: what looks like one is taken.
constexpr char kRegion[] = "[a-z]{2}(-[a-z]+)+-[0-9]{1,2}";
// Its id, its address (ARN) or an alias; it becomes a header.
constexpr char kEncryptionKey[] = "[A-Za-z0-9:/_-]+";
constexpr char kEncryptionKeyHint[] = " (the id, ARN or alias of a key of AWS KMS)";
constexpr char kUrl[] = "https?://[^\\s]+";

struct Kind {
  const char* type;
  std::vector<Field> fields;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {
      {"S3",
       {{"s3Region", kPlain, true, kRegion, 1, 64, " (e.g. eu-central-1)"},
        {"s3AccessKeyId", kPlain},
        {"s3SecretAccessKey", kSecret},
        {"s3ServerSideEncryptionKMSKey", kPlain, false, kEncryptionKey, 1, 2048, kEncryptionKeyHint}}},
      {"S3DelegatedAccess",
       {{"s3Region", kPlain, true, kRegion, 1, 64, " (e.g. eu-central-1)"},
        {"s3ARN", kPlain, true, "arn:aws:iam::[0-9]{12}:role.+", 1, 2048, " (arn:aws:iam::123456789012:role/NAME)"},
        {"s3ExternalId", kSecret, true, nullptr, 10},
        {"s3ServerSideEncryptionKMSKey", kPlain, false, kEncryptionKey, 1, 2048, kEncryptionKeyHint}}},
      {"GCS", {{"gcsProjectId", kPlain}, {"gcsCredentials", kSecret, true, nullptr, 1, 65536}}},
      {"AZURE",
       {{"accountName", kPlain, true, "[a-z0-9-]+", 1, 63, " (the name of a storage account)"},
        {"accountKey", kSecret}}},
      {"OBS",
       {{"obsEndpoint", kPlain, true, kUrl, 1, 2048, " (https://…)"},
        {"obsAccessKeyId", kPlain},
        {"obsSecretAccessKey", kSecret}}},
      {"LOCAL", {{"webServerLocation", kPlain, false, kUrl, 1, 2048, " (http://localhost:3456)"}}},
      {"LIGHTLY", {}},
  };
  return all;
}

// What the address of its bucket begins with; empty: it is in none, or in one of which nothing is known.
std::string scheme_of_type(const std::string& type) {
  if (type == "S3" || type == "S3DelegatedAccess") return kS3Scheme;
  if (type == "AZURE") return kAzureScheme;
  return type == "GCS" ? kGoogleScheme : "";
}

// Secrets such as Google's are JSON with line breaks; nothing else is checked of them, and no message repeats them.
Reply<std::string> value_of(const json& body, const Field& field) {
  const auto found = body.find(field.key);
  if (found == body.end() || found->is_null()) return std::string();
  if (!found->is_string()) return bad_request(fmt::format("'{}' must be a text", field.key));
  std::string text = found->get<std::string>();
  if (text.size() < field.shortest || text.size() > field.longest) {
    return bad_request(fmt::format("'{}' must have {} to {} characters", field.key, field.shortest, field.longest));
  }
  if (field.pattern != nullptr && !std::regex_match(text, std::regex(field.pattern))) {
    return bad_request(fmt::format("'{}' does not look like one{}", field.key, field.hint));
  }
  return text;
}

Reply<std::string> full_path(const json& body, const std::string& type) {
  PRETAG_ASSIGN(const auto given, optional_text(body, "fullPath", {0, 1024}));
  if (!given && type != "LIGHTLY") return bad_request("'fullPath' is missing");
  std::string path = given.value_or("");
  if (const std::string scheme = scheme_of_type(type); !scheme.empty()) {
    const auto url = parse_bucket_url(type == "AZURE" ? azure_address(path) : path);
    if (!url) return bad_request("'fullPath': " + url.error().message);
    if (url->scheme != scheme) {
      return bad_request(fmt::format("'fullPath' of a data source of type {} is {}://bucket/folder", type, scheme));
    }
  }
  if (type != "LOCAL") return path;
  while (path.ends_with('/')) path.pop_back();
  if (climbs_out(path)) return bad_request("'fullPath' must be relative to the mount and stay within it");
  return path;
}

}  // namespace

Reply<DatasourceConfig> read_datasource_config(const json& body) {
  DatasourceConfig config;
  PRETAG_ASSIGN(const std::string type,
                required_choice(body, "type", {"S3", "S3DelegatedAccess", "GCS", "AZURE", "OBS", "LOCAL", "LIGHTLY"}));
  PRETAG_ASSIGN(const auto purpose, optional_choice(body, "purpose", {"INPUT", "LIGHTLY", "INPUT_OUTPUT"}));
  config.purpose = purpose.value_or("INPUT_OUTPUT");
  PRETAG_ASSIGN(const std::string path, full_path(body, type));
  config.shown = {{"type", type}, {"purpose", config.purpose}, {"fullPath", path}};
  PRETAG_ASSIGN(const auto suffix, optional_text(body, "thumbSuffix"));
  if (suffix) config.shown["thumbSuffix"] = *suffix;

  const Kind& kind = *std::ranges::find(kinds(), type, &Kind::type);
  for (const Field& field : kind.fields) {
    PRETAG_ASSIGN(std::string value, value_of(body, field));
    if (value.empty() && field.required) return bad_request(fmt::format("'{}' is missing", field.key));
    if (!value.empty()) (field.kind == kSecret ? config.secrets : config.shown)[field.key] = std::move(value);
  }
  if (type == "LOCAL" && !config.shown.contains("webServerLocation")) {
    config.shown["webServerLocation"] = "http://localhost:3456";
  }
  for (const auto& [key, value] : body.items()) {
    const bool known = config.shown.contains(key) || config.secrets.contains(key) || value.is_null() || key == "id";
    if (!known)
      return bad_request(fmt::format("'{}' does not belong to a data source of type {}", one_line(key), type));
  }
  return config;
}

json stored_datasource(const DatasourceConfig& config, const std::string& dataset_id, const ServerKey& key) {
  json masked = json::array();
  for (const auto& [name, value] : config.secrets.items()) masked.push_back(name);
  return {{"shown", config.shown},
          {"masked", masked},
          {"secrets", key.encrypt(config.secrets.dump(), dataset_id + "/" + config.purpose)}};
}

json shown_datasource(const json& stored) {
  json shown = stored["shown"];
  for (const json& name : stored["masked"]) shown[name.get<std::string>()] = kMask;
  // Ten characters at least are what clients insist on.
  if (shown.contains("s3ExternalId")) shown["s3ExternalId"] = std::string("**********");
  return shown;
}

}  // namespace pretag
