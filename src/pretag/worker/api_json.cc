#include "pretag/worker/api_json.h"

#include <utility>

namespace pretag {

using nlohmann::json;

Error unexpected(const std::string& what) {
  return {ErrorCode::kCorrupt, what + ": the server answered something else than the API says"};
}

Result<json> ask(const ApiTransport& transport, const ApiCall& call) {
  PRETAG_ASSIGN(const std::string text, transport.call(call));
  if (text.empty()) return json();
  json answer = json::parse(text, nullptr, false);
  if (answer.is_discarded()) return unexpected(call.method + " " + call.path);
  return answer;
}

Result<json> get_json(const ApiTransport& transport, const std::string& path, Query query) {
  return ask(transport, {.path = path, .query = std::move(query)});
}

// Text from file names and error messages may be no UTF-8.
static std::string dump(const json& body) { return body.dump(-1, ' ', false, json::error_handler_t::replace); }

Result<std::string> create(const ApiTransport& transport, const std::string& path, const json& body) {
  PRETAG_ASSIGN(const json answer, ask(transport, {.method = "POST", .path = path, .body = dump(body)}));
  std::string id = text_of(answer, "id");
  if (id.empty()) return unexpected("POST " + path);
  return id;
}

Status put(const ApiTransport& transport, const std::string& path, const json& body) {
  // Answers of changes are of no use, and may be of any kind.
  PRETAG_TRY(transport.call({.method = "PUT", .path = path, .body = body.is_null() ? "" : dump(body)}));
  return {};
}

std::string text_of(const json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

int64_t number_of(const json& object, const char* key) {
  if (!object.is_object()) return 0;
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<int64_t>() : 0;
}

std::vector<std::string> texts_of(const json& list) {
  std::vector<std::string> texts;
  if (!list.is_array()) return texts;
  for (const json& element : list) {
    if (element.is_string()) texts.push_back(element.get<std::string>());
  }
  return texts;
}

}  // namespace pretag
