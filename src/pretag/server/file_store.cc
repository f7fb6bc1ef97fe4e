#include "pretag/server/file_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "pretag/io/file_system.h"
#include "pretag/server/http_target.h"
#include "pretag/util/number.h"
#include "pretag/util/percent.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

std::string signed_text(std::string_view method, const std::string& file, std::string_view expires) {
  return fmt::format("{}\n{}\n{}", method, file, expires);
}

// Signatures keep strangers out; this keeps even a signed key within the folder, and to the characters of ours.
bool is_key(const std::string& file) {
  return std::ranges::all_of(split(file, '/'), [](const std::string& part) {
    return !part.empty() && part.front() != '.' && std::ranges::all_of(part, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
    });
  });
}

}  // namespace

std::string FileStore::link(std::string_view method, const std::string& file, int64_t expires_at) const {
  const std::string expires = std::to_string(expires_at);
  return fmt::format("/v1/files/{}?expires={}&signature={}", percent_encode(file, true), expires,
                     key_.sign(signed_text(method, file, expires)));
}

bool FileStore::is_valid_link(std::string_view method, const std::string& file, std::string_view expires,
                              std::string_view signature, int64_t now) const {
  const auto expires_at = read_number<int64_t>(expires);
  return expires_at && *expires_at >= now && key_.is_signature(signed_text(method, file, expires), signature) &&
         is_key(file);
}

Status FileStore::save(const std::string& file, const std::function<Status(const Sink&)>& produce) const {
  if (!is_key(file)) return Error{ErrorCode::kInvalidArgument, "not the name of a file of this server"};
  const std::string path = folder_ + "/" + file;
  PRETAG_TRY(local_file_system().make_directories(std::filesystem::path(path).parent_path().string()));
  return local_file_system().stream_atomically(path, produce);
}

Result<std::string> FileStore::path_of(const std::string& file) const {
  const std::string path = folder_ + "/" + file;
  if (!is_key(file) || !local_file_system().exists(path)) {
    return Error{ErrorCode::kNotFound, "this file has not been uploaded"};
  }
  return path;
}

bool FileStore::exists(const std::string& file) const { return path_of(file).ok(); }

void FileStore::remove(const std::string& file) const {
  if (!is_key(file)) return;
  std::error_code ignored;
  std::filesystem::remove_all(folder_ + "/" + file, ignored);
}

void FileStore::remove_unfinished(std::chrono::seconds age) const {
  namespace fs = std::filesystem;
  const auto before = fs::file_time_type::clock::now() - age;
  std::error_code failed;
  for (auto entry = fs::recursive_directory_iterator(folder_, fs::directory_options::skip_permission_denied, failed);
       !failed && entry != fs::recursive_directory_iterator(); entry.increment(failed)) {
    if (!is_unfinished_file(entry->path().filename().native())) continue;
    std::error_code gone;  // where another server was faster
    if (const auto written = entry->last_write_time(gone); !gone && written <= before) fs::remove(entry->path(), gone);
  }
}

}  // namespace pretag
