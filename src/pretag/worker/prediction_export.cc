#include "pretag/worker/prediction_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pretag/data/selection.h"
#include "pretag/formats/dataset.h"
#include "pretag/util/parallel.h"

namespace pretag {
namespace {

using nlohmann::json;

constexpr size_t kMostBytes = size_t{256} << 20;     // of the predictions of an image
constexpr size_t kMostTasksBytes = size_t{1} << 20;  // of tasks.json

std::string_view text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Not synced yet, for there may be a file for each of very many images.
Status copy_folder(FileSystem& files, const std::string& from, const std::string& to, const std::atomic<bool>& cancel) {
  PRETAG_TRY(files.make_directories(to));
  PRETAG_ASSIGN(const auto entries, files.list(from));
  // Writing to a bucket waits for the network.
  const size_t at_once = files.is_remote(to) ? 16 : 1;
  PRETAG_TRY(for_each_index(entries.size(), at_once, [&](size_t i) -> Status {
    if (cancel) return Error{ErrorCode::kCancelled, "stopped on request"};
    if (entries[i].is_directory || is_unfinished_file(entries[i].name)) return {};
    const std::string below = "/" + entries[i].name;
    PRETAG_ASSIGN(const auto bytes, files.read(from + below, kMostBytes));
    return files.write_one_of_many(to + below, text_of(bytes));
  }));
  for (const DirectoryEntry& entry : entries) {
    const std::string below = "/" + entry.name;
    if (entry.is_directory) PRETAG_TRY(copy_folder(files, from + below, to + below, cancel));
  }
  return {};
}

// The first file below `to` that copy_folder() would leave as it is; empty where there is none.
Result<std::string> file_left_behind(const FileSystem& files, const std::string& from, const std::string& to) {
  PRETAG_ASSIGN(const auto entries, files.list(to));
  for (const DirectoryEntry& entry : entries) {
    if (is_unfinished_file(entry.name)) continue;
    const std::string below = "/" + entry.name;
    if (!files.exists(from + below)) return to + below;
    if (!entry.is_directory) continue;
    PRETAG_ASSIGN(std::string left, file_left_behind(files, from + below, to + below));
    if (!left.empty()) return left;
  }
  return std::string();
}

// Objects are of the classes of the schema by number: those of a job with other classes would become others.
Status check_schema(const FileSystem& files, const std::string& from, const std::string& to) {
  const std::string before = to + "/schema.json";
  if (!files.exists(before)) return {};
  PRETAG_ASSIGN(const std::string theirs, read_text_file(files, before, kMostTasksBytes));
  PRETAG_ASSIGN(const std::string ours, read_text_file(files, from + "/schema.json", kMostTasksBytes));
  if (theirs == ours || json::parse(theirs, nullptr, false) == json::parse(ours, nullptr, false)) return {};
  PRETAG_ASSIGN(const std::string left, file_left_behind(files, from, to));
  if (left.empty()) return {};
  return Error{
      ErrorCode::kConflict,
      fmt::format("{}: an earlier job wrote predictions of other classes, and {} is not of this job's images; "
                  "move the folder {} away, and run the job again with datasource.process_all to have those of "
                  "all images",
                  before, left, to)};
}

// S3 and Google's buckets answer to the request for an object that is not there with a refusal, too, where the one who
// asks may not know that.
Error unknown_tasks(const FileSystem& files, const std::string& path, const Error& error) {
  if (!files.is_remote(path) || error.code != ErrorCode::kIo) return error;
  return {error.code, error.message +
                          "; the predictions are not written, for it may name other tasks: give the key "
                          "the right to read it and to list the bucket (s3:ListBucket, "
                          "storage.objects.list), without which nobody is told that it is not there"};
}

// None where there is no such list; where that cannot be found out, a new one might replace one of the user's.
Result<json> known_tasks(const FileSystem& files, const std::string& path) {
  const auto bytes = files.read(path, kMostTasksBytes);
  if (!bytes && bytes.error().code == ErrorCode::kNotFound) return json::array();
  if (!bytes) return unknown_tasks(files, path, bytes.error());
  json tasks = json::parse(text_of(*bytes), nullptr, false);
  const auto is_text = [](const json& task) { return task.is_string(); };
  if (tasks.is_array() && std::ranges::all_of(tasks, is_text)) return tasks;
  return Error{ErrorCode::kCorrupt, path + ": is not a list of task names; repair it, or remove it"};
}

}  // namespace

Status export_predictions(FileSystem& files, const std::string& run_folder, const std::string& lightly_folder,
                          const std::atomic<bool>& cancel) {
  const std::string to = lightly_folder + "/predictions";
  PRETAG_TRY(known_tasks(files, to + "/tasks.json"));  // what is wrong with it is better known now
  const std::string below = std::string("/") + kPretaggingTask;
  const std::string from = run_folder + "/data/.lightly/predictions" + below;
  PRETAG_TRY(check_schema(files, from, to + below));
  PRETAG_TRY(copy_folder(files, from, to + below, cancel));
  PRETAG_TRY(files.sync_all(to + below));
  // The copying may have taken hours, in which others have added theirs.
  PRETAG_ASSIGN(json tasks, known_tasks(files, to + "/tasks.json"));
  if (std::ranges::find(tasks, kPretaggingTask) != tasks.end()) return {};
  tasks.push_back(kPretaggingTask);
  return files.write_atomically(to + "/tasks.json", tasks.dump(2) + "\n");
}

}  // namespace pretag
