// Which versions of the client there are and may be used. Asked when the client is imported, without a token.
#include "pretag/server/call.h"
#include "pretag/server/routes.h"

namespace pretag {
namespace {

// The newest and oldest clients that the server has been tried with.
constexpr char kLatest[] = "1.5.26";
constexpr char kMinimum[] = "1.2.10";

}  // namespace

void add_version_routes(Router& router) {
  const auto open = [&](const char* path, const char* version) {
    router.add("GET", path, [version](Call&) -> Reply<HttpResponse> { return json_reply(version); }).access =
        Route::Access::kOpen;
  };
  open("/v1/versions/pip/latest", kLatest);
  open("/v1/versions/pip/minimum", kMinimum);
}

}  // namespace pretag
