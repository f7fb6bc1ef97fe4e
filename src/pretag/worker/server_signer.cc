#include "pretag/worker/server_signer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "pretag/bucket/bucket_url.h"
#include "pretag/util/percent.h"

namespace pretag {
namespace {

using nlohmann::json;

struct Root {
  BucketUrl folder;
  bool is_lightly = true;  // else it may only be read
};

// One of purpose INPUT_OUTPUT serves for what has none of its own; the server does not sign for it otherwise.
std::vector<Root> roots_of(const std::vector<DatasourceRecord>& sources, const std::string& scheme) {
  const auto serves = [&](const DatasourceRecord& source, const std::string& purpose) {
    if (source.purpose != "INPUT_OUTPUT") return source.purpose == purpose;
    return std::ranges::find(sources, purpose, &DatasourceRecord::purpose) == sources.end();
  };
  std::vector<Root> roots;
  for (const DatasourceRecord& source : sources) {
    auto folder = parse_bucket_url(source.address());
    if (!source.is_in_bucket() || !folder || folder->scheme != scheme) continue;
    const bool is_lightly = serves(source, "LIGHTLY");
    if (is_lightly || serves(source, "INPUT")) roots.push_back({*std::move(folder), is_lightly});
  }
  return roots;
}

// What is signed with the address and has to be sent with it. Other servers may tell none.
std::vector<std::string> headers_in(const json& answer) {
  std::vector<std::string> headers;
  for (const json& header : answer.value("headers", json::array())) {
    if (!header.is_string()) continue;
    auto line = header.get<std::string>();
    if (line.find_first_of("\r\n") == std::string::npos) headers.push_back(std::move(line));
  }
  return headers;
}

// The transport has had its own patience with the server.
Error not_of_the_object(const Error& error) {
  return error.code == ErrorCode::kCancelled ? error : Error{ErrorCode::kUnavailable, error.message};
}

class ServerSigner final : public BucketSigner {
 public:
  ServerSigner(const ApiTransport& transport, std::string dataset_id, std::vector<Root> roots)
      : transport_(transport), dataset_id_(std::move(dataset_id)), roots_(std::move(roots)) {}

  Result<SignedUrl> sign(const BucketRequest& request) override {
    const Root* root = root_of(request);
    if (root == nullptr) {
      return Error{ErrorCode::kInvalidArgument, "it is not in a datasource of the dataset that may be used for this"};
    }
    json query = json::object();
    for (const auto& [name, value] : request.query) query[name] = value;
    const json body = {{"purpose", root->is_lightly ? "LIGHTLY" : "INPUT"},
                       {"method", request.method},
                       {"key", request.key},
                       {"query", std::move(query)}};
    const auto answer =
        transport_.call({.method = "POST",
                         .path = "/v1/datasets/" + percent_encode(dataset_id_) + "/datasource/signedUrl",
                         .body = body.dump(-1, ' ', false, json::error_handler_t::replace)});
    if (!answer) return not_of_the_object(answer.error());
    const json signed_request = json::parse(*answer, nullptr, false);
    if (signed_request.is_object() && signed_request.value("url", json()).is_string()) {
      return SignedUrl{.url = signed_request["url"].get<std::string>(), .headers = headers_in(signed_request)};
    }
    return Error{ErrorCode::kUnavailable, "the server does not sign requests to buckets"};
  }

 private:
  // The innermost one that may be used so.
  const Root* root_of(const BucketRequest& request) const {
    std::string name = request.key;
    for (const auto& [key, value] : request.query) {
      if (key == "prefix") name = value;
    }
    const Root* best = nullptr;
    for (const Root& root : roots_) {
      const bool holds =
          root.folder.bucket == request.bucket && (name.starts_with(root.folder.prefix()) || name == root.folder.key);
      const bool may = request.method == "GET" || root.is_lightly;
      if (holds && may && (best == nullptr || root.folder.key.size() > best->folder.key.size())) best = &root;
    }
    return best;
  }

  const ApiTransport& transport_;
  const std::string dataset_id_;
  const std::vector<Root> roots_;
};

}  // namespace

std::unique_ptr<BucketSigner> make_server_signer(const ApiTransport& transport, std::string dataset_id,
                                                 const std::vector<DatasourceRecord>& sources,
                                                 const std::string& scheme) {
  return std::make_unique<ServerSigner>(transport, std::move(dataset_id), roots_of(sources, scheme));
}

}  // namespace pretag
