// Which function answers which request.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/server/http_message.h"
#include "pretag/server/reply.h"

namespace pretag {

struct Call;  // call.h
using Handler = std::function<Reply<HttpResponse>(Call&)>;
using PathParameters = std::map<std::string, std::string, std::less<>>;

struct Route {
  enum class Access { kUser, kOpen };  // kOpen needs no token
  // kStreamed: the handler calls read_body itself. Only with kText has it a database: the others may wait for something
  // else than that, and must not keep a connection from others.
  enum class Body { kText, kTextAlone, kStreamed };

  std::string method, pattern;
  std::vector<std::string> segments;  // "{name}" takes any one segment, "{name...}" at the end all that follow
  Handler handler;
  Access access = Access::kUser;
  Body body = Body::kText;
  uint64_t max_body_bytes = 0;  // of a text, where it may be larger than the server's settings say
};

// Thread-safe once filled.
class Router {
 public:
  // "/v1/datasets/{datasetId}/tags". Of two patterns that match, the one added first wins: literals before names.
  Route& add(std::string method, std::string pattern, Handler handler);

  struct Match {
    const Route* route = nullptr;  // nullptr: none
    bool other_method = false;     // the path is known, but not with this method
    PathParameters parameters{};
  };
  Match find(std::string_view method, const std::vector<std::string>& segments) const;

 private:
  std::vector<Route> routes_;
};

}  // namespace pretag
