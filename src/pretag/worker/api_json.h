// Reading answers of the API, and the calls that have JSON in and out. For the .cc files of this layer.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "pretag/util/result.h"
#include "pretag/worker/api_transport.h"

namespace pretag {

using Query = std::vector<std::pair<std::string, std::string>>;

// The answer of a call as JSON; kCorrupt where it is none. An empty answer is null.
Result<nlohmann::json> ask(const ApiTransport& transport, const ApiCall& call);
Result<nlohmann::json> get_json(const ApiTransport& transport, const std::string& path, Query query = {});
// The "id" of the answer, which every create has.
Result<std::string> create(const ApiTransport& transport, const std::string& path, const nlohmann::json& body);
Status put(const ApiTransport& transport, const std::string& path, const nlohmann::json& body = nullptr);

// Members of an object that may be missing, null or of another type: then the fallback.
std::string text_of(const nlohmann::json& object, const char* key);
int64_t number_of(const nlohmann::json& object, const char* key);
std::vector<std::string> texts_of(const nlohmann::json& list);

// "what: the server answered something else than the API says".
Error unexpected(const std::string& what);

}  // namespace pretag
