// Links to files: who has one may put or get that file until the link expires, without a token.
#include "pretag/server/call.h"
#include "pretag/server/routes.h"
#include "pretag/util/strings.h"

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

// "samples/<id>" or "embeddings/<id>", the folder of what goes when a dataset does; else nothing, as runs stay.
std::string folder_of_dataset(const std::string& file) {
  const auto parts = split(file, '/');
  const bool is_of_one = parts.size() > 2 && (parts[0] == "samples" || parts[0] == "embeddings");
  return is_of_one ? parts[0] + "/" + parts[1] : "";
}

// A link may be older than the end of its dataset. Then what has come by it goes, too.
Reply<Done> check_dataset(const Call& call, const std::string& folder) {
  if (folder.empty()) return Done();
  PRETAG_ASSIGN(const auto sql, call.server.database().connect());
  PRETAG_ASSIGN(const auto dataset, find(*sql, Table::kDatasets, folder.substr(folder.find('/') + 1)));
  if (dataset && !dataset->owner.empty()) return Done();
  call.server.files().remove(folder);
  return not_found("DATASET_UNKNOWN", "the dataset of this file has been deleted");
}

Reply<HttpResponse> put_file(Call& call) {
  PRETAG_TRY(check_link(call, "PUT"));
  const FileStore& files = call.server.files();
  const std::string folder = folder_of_dataset(call.parameter("file"));
  PRETAG_TRY(check_dataset(call, folder));
  const Status saved = files.save(call.parameter("file"), [&](const FileStore::Sink& sink) -> Status {
    return call.request.read_body ? call.request.read_body(call.server.settings().max_upload_bytes, sink) : Status();
  });
  PRETAG_TRY(check_dataset(call, folder));  // who has deleted it meanwhile may not have seen this file
  PRETAG_TRY(saved);
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
