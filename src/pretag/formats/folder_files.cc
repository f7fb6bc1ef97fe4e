#include "pretag/formats/folder_files.h"

#include <algorithm>
#include <utility>

namespace pretag {
namespace {

class FileFinder {
 public:
  FileFinder(const FileSystem& files, std::string root, std::string_view extension)
      : files_(files), root_(std::move(root)), extension_(extension) {}

  Result<std::vector<std::string>> find() {
    PRETAG_ASSIGN(const DirectoryEntry root, files_.entry(root_));
    if (!root.is_directory) return Error{ErrorCode::kInvalidArgument, root_ + ": not a folder"};
    PRETAG_TRY(visit(root, ""));
    std::ranges::sort(found_);
    return std::move(found_);
  }

 private:
  Status visit(const DirectoryEntry& folder, const std::string& path) {
    // A link to a folder that is being visited would have no end.
    const std::pair identity{folder.device, folder.inode};
    if (std::ranges::find(open_folders_, identity) != open_folders_.end()) return {};
    open_folders_.push_back(identity);
    PRETAG_ASSIGN(const auto entries, files_.list(path.empty() ? root_ : root_ + "/" + path));
    for (const DirectoryEntry& entry : entries) {
      const std::string below = path.empty() ? entry.name : path + "/" + entry.name;
      if (!entry.problem.empty()) return Error{ErrorCode::kIo, root_ + "/" + below + ": " + entry.problem};
      if (entry.is_directory) PRETAG_TRY(visit(entry, below));
      if (entry.is_file && below.ends_with(extension_)) found_.push_back(below);
    }
    open_folders_.pop_back();
    return {};
  }

  const FileSystem& files_;
  const std::string root_;
  const std::string_view extension_;
  std::vector<std::pair<uint64_t, uint64_t>> open_folders_;  // device and inode, the root first
  std::vector<std::string> found_;
};

}  // namespace

Status FolderWriter::write(const std::string& path, std::string_view content) {
  PRETAG_TRY(make_parent_of(path));
  return files_.write_one_of_many(root_ + "/" + path, content);
}

Status FolderWriter::stream(const std::string& path, const std::function<Status(const FileSystem::Sink&)>& produce) {
  PRETAG_TRY(make_parent_of(path));
  return files_.stream_atomically(root_ + "/" + path, produce);
}

Status FolderWriter::make_parent_of(const std::string& path) {
  const std::string whole = root_ + "/" + path;
  std::string parent = whole.substr(0, whole.rfind('/'));
  if (parent == last_parent_) return {};
  PRETAG_TRY(files_.make_directories(parent));
  last_parent_ = std::move(parent);
  return {};
}

Result<std::vector<std::string>> find_files(const FileSystem& files, const std::string& root,
                                            std::string_view extension) {
  return FileFinder(files, root, extension).find();
}

bool is_folder(const FileSystem& files, const std::string& path) {
  const auto entry = files.entry(path);
  return entry.ok() && entry->is_directory;
}

}  // namespace pretag
