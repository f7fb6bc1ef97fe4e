// What is in a data source: pages of file names with links to read them.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "pretag/data/frame_name.h"
#include "pretag/server/call.h"
#include "pretag/server/datasource_place.h"
#include "pretag/server/json_fields.h"
#include "pretag/server/relevant_list.h"
#include "pretag/server/routes.h"
#include "pretag/source/folder_source.h"
#include "pretag/util/number.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

using nlohmann::json;

// Each page reads the names of the folder that it is in, all of them: few large pages.
constexpr size_t kPageFiles = 50'000;
constexpr std::string_view kJson = ".json";

// Where a listing is: everything up to `after` has been told. Stateless, so that it survives a restart; it holds
// nothing secret and grants nothing.
struct Cursor {
  int64_t from = 0, to = INT64_MAX;  // unix seconds
  std::string after{};

  std::string text() const { return json::array({from, to, after}).dump(); }
};

Reply<Cursor> cursor_of(const Call& call) {
  const auto seconds = [&](std::string_view key, int64_t otherwise) -> Reply<int64_t> {
    const std::string_view text = call.query(key);
    if (text.empty()) return otherwise;
    if (const auto value = read_number<int64_t>(text)) return *value;
    return bad_request(fmt::format("{} must be a time in seconds", key));
  };
  if (call.query("cursor").empty()) {
    Cursor cursor;
    PRETAG_ASSIGN(cursor.from, seconds("from", 0));
    PRETAG_ASSIGN(cursor.to, seconds("to", INT64_MAX));
    return cursor;
  }
  PRETAG_ASSIGN(const json parts, parse_json(call.query("cursor")));
  if (!parts.is_array() || parts.size() != 3 || !parts[0].is_number_integer() || !parts[1].is_number_integer() ||
      !parts[2].is_string()) {
    return bad_request("'cursor' is not one of this server");
  }
  return Cursor{parts[0].get<int64_t>(), parts[1].get<int64_t>(), parts[2].get<std::string>()};
}

// Ends a walk whose page is full.
Error page_is_full() { return {ErrorCode::kCancelled, "the page is full"}; }

ApiError cannot_be_listed(const Error& error) {
  return {400, "DATASET_DATASOURCE_INVALID",
          error.code == ErrorCode::kNotFound ? "the folder of the data source does not exist"
                                             : "the data source cannot be listed: " + error.message};
}

class PageOfFiles {
 public:
  explicit PageOfFiles(Cursor cursor) : cursor_(std::move(cursor)) {}

  // In the order of the listing, what comes after the cursor.
  Status take(const std::string& file) {
    if (files_.size() == kPageFiles) {
      has_more_ = true;
      return page_is_full();
    }
    files_.push_back(file);
    return {};
  }

  // `status` is what the walk ended with. The names and links are of `prefix` + file.
  Reply<HttpResponse> reply(const Status& status, const Call& call, const Record& datasource,
                            const std::string& prefix) {
    if (!status && !has_more_) return cannot_be_listed(status.error());
    json data = json::array();
    for (const std::string& file : files_) {
      std::string name = prefix + file;
      PRETAG_ASSIGN(std::string url, read_url(call.server, datasource, name));
      data.push_back({{"fileName", std::move(name)}, {"readUrl", std::move(url)}});
    }
    if (!files_.empty()) cursor_.after = files_.back();
    return json_reply({{"hasMore", has_more_}, {"cursor", cursor_.text()}, {"data", std::move(data)}});
  }

 private:
  Cursor cursor_;
  std::vector<std::string> files_;
  bool has_more_ = false;
};

// A listing has no place for the reasons.
void ignore_skipped(const std::string& /*key*/, const std::string& /*reason*/) {}

Reply<bool> is_of_videos(const Call& call) {
  PRETAG_ASSIGN(const auto sql, call.server.database().connect());
  PRETAG_ASSIGN(const Record dataset, dataset_of({call.request, call.parameters, call.user, *sql, call.server}));
  return dataset.document.value("type", "") == "Videos";
}

FolderOptions options_for(const DatasourceFolder& folder, const Cursor& cursor) {
  return {.file_system = folder.files, .after = cursor.after, .modified_from = cursor.from, .modified_to = cursor.to};
}

// The input images, or the files of videos, or of them what a list names.
Status walk_inputs(const DatasourceFolder& folder, const FolderOptions& options,
                   std::optional<RelevantFilenames> relevant, PageOfFiles& page) {
  PRETAG_ASSIGN(auto source, open_folder_source(folder.path, options));
  if (relevant) source = filter_source(std::move(source), *std::move(relevant));
  return source->list([&](const std::string& file) { return page.take(file); }, ignore_skipped);
}

// As cameras write it.
std::string with_upper_case_extension(std::string name) {
  for (size_t i = name.rfind('.') + 1; i < name.size(); ++i) {
    if (name[i] >= 'a' && name[i] <= 'z') name[i] = static_cast<char>(name[i] - 'a' + 'A');
  }
  return name;
}

// Tells the JSON files of the images that a list names: "a/b.json" is of "a/b.jpg". Of one that is only covered by a
// pattern nothing says what it is: it counts if the pattern leaves an image or a frame that is called so.
class RelevantStems {
 public:
  explicit RelevantStems(std::optional<RelevantFilenames> relevant) : relevant_(std::move(relevant)) {
    if (!relevant_) return;
    for (const std::string& name : relevant_->names()) stems_.insert(name.substr(0, name.rfind('.')));
  }
  bool have(const std::string& json_file) const {
    const std::string stem = json_file.substr(0, json_file.size() - kJson.size());
    return !relevant_ || stems_.contains(stem) ||
           std::ranges::any_of(image_extensions(), [&](std::string_view extension) {
             const std::string name = fmt::format("{}.{}", stem, extension);
             return relevant_->matches(name) || relevant_->matches(with_upper_case_extension(name));
           });
  }

 private:
  std::optional<RelevantFilenames> relevant_;
  std::set<std::string> stems_;
};

Reply<HttpResponse> list_inputs(Call& call) {
  PRETAG_ASSIGN(const Cursor cursor, cursor_of(call));
  PRETAG_ASSIGN(const Record datasource, look_up_datasource(call, "INPUT"));
  PRETAG_ASSIGN(const DatasourceFolder folder, datasource_folder(call.server, datasource));
  PRETAG_ASSIGN(const bool of_videos, is_of_videos(call));
  FolderOptions options = options_for(folder, cursor);
  if (of_videos) options.extensions.assign(video_extensions().begin(), video_extensions().end());
  PRETAG_ASSIGN(auto relevant, relevant_list(call));
  PageOfFiles page(cursor);
  Status walked = walk_inputs(folder, options, std::move(relevant), page);
  // Of a bucket, a folder in which nothing is yet does not exist.
  if (!walked && walked.error().code == ErrorCode::kNotFound && folder.bucket) walked = {};
  return page.reply(walked, call, datasource, "");
}

// JSON files below a folder.
Status walk_json(const DatasourceFolder& folder, const Cursor& cursor, const RelevantStems& relevant,
                 PageOfFiles& page) {
  FolderOptions options = options_for(folder, cursor);
  options.extensions = {kJson.substr(1)};
  PRETAG_ASSIGN(const auto source, open_folder_source(folder.path, options));
  return source->list(
      [&](const std::string& file) {
        return file.ends_with(kJson) && relevant.have(file) ? page.take(file) : Status();
      },
      ignore_skipped);
}

Reply<HttpResponse> list_json(Call& call, const std::string& below) {
  PRETAG_ASSIGN(const Cursor cursor, cursor_of(call));
  PRETAG_ASSIGN(const Record datasource, look_up_datasource(call, "LIGHTLY"));
  PRETAG_ASSIGN(DatasourceFolder folder, datasource_folder(call.server, datasource));
  folder.path += "/" + below;
  PRETAG_ASSIGN(auto names, relevant_list(call));
  const RelevantStems relevant(std::move(names));
  PageOfFiles page(cursor);
  Status walked = walk_json(folder, cursor, relevant, page);
  // Nobody has to bring predictions or metadata.
  if (!walked && walked.error().code == ErrorCode::kNotFound) walked = {};
  return page.reply(walked, call, datasource, below + "/");
}

Reply<std::string> predictions_folder(const Call& call) {
  const std::string task(call.query("taskName"));
  if (task.empty() || task.starts_with('.') || task.find('/') != std::string::npos) {
    return bad_request("'taskName' must be the name of a prediction task");
  }
  return ".lightly/predictions/" + task;
}

Reply<HttpResponse> list_predictions(Call& call) {
  PRETAG_ASSIGN(const std::string folder, predictions_folder(call));
  return list_json(call, folder);
}

Reply<HttpResponse> list_metadata(Call& call) { return list_json(call, ".lightly/metadata"); }

// Divide and conquer: the parts of a listing that may be fetched at the same time. A folder is one part.
Handler list_cursors(const char* purpose) {
  return [purpose](Call& call) -> Reply<HttpResponse> {
    PRETAG_ASSIGN(const Cursor cursor, cursor_of(call));
    PRETAG_TRY(look_up_datasource(call, purpose));
    return json_reply({{"cursors", json::array({cursor.text()})}});
  };
}

}  // namespace

void add_datasource_listing_routes(Router& router) {
  const std::string base = "/v1/datasets/{datasetId}/datasource";
  const auto add = [&](const std::string& path, Handler handler) {
    router.add("GET", base + path, std::move(handler)).body = Route::Body::kStreamed;
  };
  add("/list", list_inputs);
  add("/predictions/list", list_predictions);
  add("/metadata/list", list_metadata);
  add("/list/dnc", list_cursors("INPUT"));
  add("/predictions/list/dnc", list_cursors("LIGHTLY"));
  add("/metadata/list/dnc", list_cursors("LIGHTLY"));
}

}  // namespace pretag
