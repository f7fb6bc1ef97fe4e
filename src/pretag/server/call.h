// One request on its way through a handler, and what most handlers do with it. For this layer.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "pretag/server/accounts.h"
#include "pretag/server/http_message.h"
#include "pretag/server/records.h"
#include "pretag/server/reply.h"
#include "pretag/server/router.h"
#include "pretag/server/server_context.h"

namespace pretag {

struct Call {
  const HttpRequest& request;
  const PathParameters& parameters;
  const User& user;  // empty on routes that are open
  SqlConnection& sql;
  ServerContext& server;

  const std::string& parameter(std::string_view name) const { return parameters.find(name)->second; }
  // Empty where the query does not have it.
  std::string_view query(std::string_view key) const;
  // Python's True, and true.
  bool flag(std::string_view key) const;
  // A whole number, not negative. 400 for anything else.
  Reply<int64_t> whole_number(std::string_view key, int64_t otherwise) const;
  Reply<nlohmann::json> json_object() const;
  // pageSize and pageOffset; without pageSize, everything.
  Reply<Page> page() const;
  // Major, minor, patch of the public client that asks ("Lightly/1.4.26 (…"); zeros for all others.
  std::array<int, 3> client_version() const;
  // For people and programs elsewhere: where `path_and_query` of this server is.
  std::string absolute(const std::string& path_and_query) const;
  std::string signed_link(std::string_view method, const std::string& file) const;

  // A record of this user with a new id, its times set.
  Record new_record(std::string parent, std::string name) const;
};

HttpResponse json_reply(const nlohmann::json& value, int status = 200);
HttpResponse text_reply(std::string text);
// 201 {"id": …}, the answer to every create.
HttpResponse created(const std::string& id);
HttpResponse no_content();
// A JSON array from the documents of a list, without holding them as objects.
class JsonArray {
 public:
  void add(const nlohmann::json& value);
  HttpResponse reply();

 private:
  std::string text_ = "[";
};

ApiError not_found(std::string code, std::string message);

// The dataset, if it is this user's or shared with them. 404 otherwise: whether somebody else's exists is nobody's
// business.
Reply<Record> visible_dataset(const Call& call, const std::string& id);
// The same of {datasetId} in the path.
Reply<Record> dataset_of(const Call& call);
// Only its owner's.
Reply<Record> own_dataset_of(const Call& call);
// The record with the id in the path parameter, below `parent`.
Reply<Record> child_of(const Call& call, Table table, const char* parameter, std::string_view parent, const char* code,
                       const char* what);
// The record with the id in the path parameter, of this user.
Reply<Record> own_record(const Call& call, Table table, const char* parameter, const char* code, const char* what);

}  // namespace pretag
