// Links to files: who has one may put or get that file until the link expires, without a token.
#include "pretag/server/call.h"
#include "pretag/server/routes.h"

namespace pretag {
namespace {

Reply<Done> check_link(const Call& call, std::string_view method) {
  const bool valid = call.server.files().is_valid_link(method, call.parameter("file"), call.query("expires"),
                                                       call.query("signature"), call.server.now_ms() / 1000);
  if (!valid) return ApiError(403, "FORBIDDEN", "the link is not valid or has expired; ask for a new one");
  return Done();
}

// Never a type that a browser would run: what is in the file came from a client. ?as=pdf and ?as=text are for people
// who want to read it at once.
const char* type_of(std::string_view as) {
  if (as == "pdf") return "application/pdf";
  if (as == "text") return "text/plain; charset=utf-8";
  return "application/octet-stream";
}

Reply<HttpResponse> put_file(Call& call) {
  PRETAG_TRY(check_link(call, "PUT"));
  const FileStore& files = call.server.files();
  PRETAG_TRY(files.save(call.parameter("file"), [&](const FileStore::Sink& sink) -> Status {
    return call.request.read_body ? call.request.read_body(call.server.settings().max_upload_bytes, sink) : Status();
  }));
  return HttpResponse{.status = 200};
}

Reply<HttpResponse> get_file(Call& call) {
  PRETAG_TRY(check_link(call, "GET"));
  PRETAG_ASSIGN(std::string path, call.server.files().path_of(call.parameter("file")));
  return HttpResponse{.status = 200, .content_type = type_of(call.query("as")), .file = std::move(path)};
}

}  // namespace

void add_file_routes(Router& router) {
  const auto add = [&](const char* method, Handler handler) {
    Route& route = router.add(method, "/v1/files/{file...}", std::move(handler));
    route.access = Route::Access::kOpen;
    route.body = Route::Body::kStreamed;
  };
  add("PUT", put_file);
  add("GET", get_file);
}

}  // namespace pretag
