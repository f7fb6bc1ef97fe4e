#include "pretag/server/call.h"

#include <fmt/format.h>

#include <algorithm>

#include "pretag/server/json_fields.h"
#include "pretag/server/random_ids.h"
#include "pretag/util/number.h"

namespace pretag {
namespace {

using nlohmann::json;

std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

// A Host header that can stand in a link: names, addresses, a port.
bool is_plain_host(std::string_view host) {
  return !host.empty() && host.size() <= 255 && std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == ':' || c == '[' || c == ']' || c == '_';
  });
}

Reply<bool> is_shared_with(const Call& call, const std::string& dataset_id) {
  PRETAG_ASSIGN(const int64_t shares, count(call.sql, Table::kAccess, {.parent = dataset_id, .name = call.user.name}));
  return shares > 0;
}

}  // namespace

std::string_view Call::query(std::string_view key) const {
  const std::string* value = request.target.last(key);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

bool Call::flag(std::string_view key) const { return query(key) == "True" || query(key) == "true"; }

Reply<int64_t> Call::whole_number(std::string_view key, int64_t otherwise) const {
  const std::string_view text = query(key);
  if (text.empty()) return otherwise;
  const auto value = read_number<int64_t>(text);
  if (!value || *value < 0) return bad_request(fmt::format("'{}' must be a whole number, not negative", key));
  return *value;
}

Reply<json> Call::json_object() const { return parse_json_object(request.body); }

Reply<Page> Call::page() const {
  PRETAG_ASSIGN(const int64_t offset, whole_number("pageOffset", 0));
  PRETAG_ASSIGN(const int64_t size, whole_number("pageSize", -1));
  return Page{offset, size};
}

std::array<int, 3> Call::client_version() const {
  std::string_view agent = request.header("user-agent");
  if (!agent.starts_with("Lightly/")) return {};
  agent.remove_prefix(8);
  std::array<int, 3> version{};
  for (int& number : version) {
    const auto parsed = std::from_chars(agent.data(), agent.data() + agent.size(), number);
    if (parsed.ec != std::errc()) return {};
    agent.remove_prefix(static_cast<size_t>(parsed.ptr - agent.data()));
    if (agent.starts_with('.')) agent.remove_prefix(1);
  }
  return version;
}

std::string Call::absolute(const std::string& path_and_query) const {
  std::string base = server.settings().public_url;
  while (base.ends_with('/')) base.pop_back();
  if (base.empty()) {
    const std::string_view host = request.header("host");
    const bool secure = request.secure || request.header("x-forwarded-proto") == "https";
    base = fmt::format("{}://{}", secure ? "https" : "http", is_plain_host(host) ? host : "localhost");
  }
  return base + path_and_query;
}

std::string Call::signed_link(std::string_view method, const std::string& file) const {
  constexpr int64_t kADay = 24 * 3600;  // who asks for a link to put a file has that file
  const int64_t readable = server.settings().link_seconds;
  const int64_t seconds = method == "PUT" ? std::min(readable, kADay) : readable;
  return absolute(server.files().link(method, file, server.now_ms() / 1000 + seconds));
}

Record Call::new_record(std::string parent, std::string name) const {
  Record record;
  record.id = new_id();
  record.owner = user.id;
  record.parent = std::move(parent);
  record.name = std::move(name);
  record.position = server.next_position();
  record.created_at = record.modified_at = server.now_ms();
  return record;
}

HttpResponse json_reply(const json& value, int status) {
  return {.status = status, .content_type = "application/json", .body = dump(value)};
}

HttpResponse text_reply(std::string text) {
  return {.status = 200, .content_type = "text/plain; charset=utf-8", .body = std::move(text)};
}

HttpResponse created(const std::string& id) { return json_reply({{"id", id}}, 201); }

HttpResponse no_content() { return {.status = 204}; }

void JsonArray::add(const json& value) {
  if (text_.size() > 1) text_ += ',';
  text_ += dump(value);
}

HttpResponse JsonArray::reply() {
  text_ += ']';
  return {.status = 200, .content_type = "application/json", .body = std::move(text_)};
}

ApiError not_found(std::string code, std::string message) { return {404, std::move(code), std::move(message)}; }

Reply<Record> visible_dataset(const Call& call, const std::string& id) {
  PRETAG_ASSIGN(auto dataset, find(call.sql, Table::kDatasets, id));
  if (dataset && dataset->owner == call.user.id) return *std::move(dataset);
  if (dataset) {
    PRETAG_ASSIGN(const bool shared, is_shared_with(call, id));
    if (shared) return *std::move(dataset);
  }
  return not_found("DATASET_UNKNOWN", "there is no such dataset, or it is not yours");
}

Reply<Record> dataset_of(const Call& call) { return visible_dataset(call, call.parameter("datasetId")); }

Reply<Record> own_dataset_of(const Call& call) {
  PRETAG_ASSIGN(Record dataset, dataset_of(call));
  if (dataset.owner == call.user.id) return dataset;
  return ApiError(403, "FORBIDDEN", "only the owner of the dataset may do this");
}

Reply<Record> child_of(const Call& call, Table table, const char* parameter, std::string_view parent, const char* code,
                       const char* what) {
  PRETAG_ASSIGN(auto record, find(call.sql, table, call.parameter(parameter)));
  if (record && record->parent == parent) return *std::move(record);
  return not_found(code, fmt::format("there is no such {}", what));
}

Reply<Record> own_record(const Call& call, Table table, const char* parameter, const char* code, const char* what) {
  PRETAG_ASSIGN(auto record, find(call.sql, table, call.parameter(parameter)));
  if (record && record->owner == call.user.id) return *std::move(record);
  return not_found(code, fmt::format("there is no such {}, or it is not yours", what));
}

}  // namespace pretag
