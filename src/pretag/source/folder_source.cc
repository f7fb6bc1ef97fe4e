#include "pretag/source/folder_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "pretag/util/strings.h"

namespace pretag {
namespace {

using namespace std::string_view_literals;

constexpr std::array kImageExtensions = {"jpg"sv, "jpeg"sv, "jpe"sv,  "jfif"sv, "png"sv,  "apng"sv, "webp"sv, "bmp"sv,
                                         "dib"sv, "tif"sv,  "tiff"sv, "gif"sv,  "heic"sv, "heif"sv, "avif"sv, "jp2"sv,
                                         "j2k"sv, "jxl"sv,  "ppm"sv,  "pgm"sv,  "pbm"sv,  "pnm"sv,  "ico"sv};

std::vector<std::string_view> image_extensions() { return {kImageExtensions.begin(), kImageExtensions.end()}; }

// Whether a file of this key, or one below a folder of this key, can come after `after`.
bool may_come_after(const std::string& key, std::string_view after) {
  const std::string folder = key + '/';
  return folder > after || after.starts_with(folder);
}

// A name that is not UTF-8 as readable text: every byte beyond ASCII as \xNN.
std::string escaped(std::string_view name) {
  std::string text;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += fmt::format("\\x{:02X}", byte);
    }
  }
  return text;
}

// What an error says without the path in front: a source's caller knows the key.
std::string reason_of(const Error& error, const std::string& path) {
  const std::string prefix = path + ": ";
  return error.message.starts_with(prefix) ? error.message.substr(prefix.size()) : error.message;
}

// "a/b.jpg" but not "/a", "a/../b", "./a" or "a//b".
bool stays_inside(const std::string& key) {
  return std::ranges::none_of(split(key, '/'),
                              [](const std::string& part) { return part.empty() || part == "." || part == ".."; });
}

// One walk over the tree. Depth first, every folder sorted as if its name ended with '/', is the byte order of the full
// keys: "a.b" comes before "a/c", since '.' < '/', and "a0" after it.
class Walk {
 public:
  Walk(const FolderOptions& options, const Source::Visit& visit, const Source::Skip& skip)
      : files_(*options.file_system),
        after_(options.after),
        extensions_(options.extensions.empty() ? image_extensions() : options.extensions),
        visit_(visit),
        skip_(skip) {}

  // `prefix` is empty or ends with '/'.
  Status folder(const std::string& path, const std::string& prefix, const DirectoryEntry& self) {
    const auto wanted = [&](std::string_view name) {
      return !name.starts_with('.') && may_come_after(prefix + std::string(name), after_);
    };
    auto entries = files_.list_wanted(path, wanted);
    if (!entries) {
      if (prefix.empty()) return entries.error();
      skip_(prefix, reason_of(entries.error(), path));
      return {};
    }
    std::ranges::sort(*entries, {}, [](const DirectoryEntry& e) { return e.is_directory ? e.name + '/' : e.name; });
    ancestors_.emplace_back(self.device, self.inode);
    for (const DirectoryEntry& entry : *entries) PRETAG_TRY(visit_entry(path, prefix, entry));
    ancestors_.pop_back();
    return {};
  }

 private:
  bool has_extension(std::string_view name) const {
    const size_t dot = name.rfind('.');
    if (dot == std::string_view::npos) return false;
    return std::ranges::find(extensions_, to_lower(name.substr(dot + 1))) != extensions_.end();
  }

  Status visit_entry(const std::string& path, const std::string& prefix, const DirectoryEntry& entry) {
    const bool may_be_folder = entry.is_directory || !entry.problem.empty();
    if (!may_be_folder && !has_extension(entry.name)) return {};
    const std::string key = prefix + entry.name;
    if (!entry.is_directory && key <= after_) return {};
    if (!is_valid_utf8(entry.name)) {
      skip_(prefix + escaped(entry.name) + (entry.is_directory ? "/" : ""), "its name is not UTF-8; rename it");
      return {};
    }
    if (entry.is_directory) {
      if (std::ranges::find(ancestors_, std::pair(entry.device, entry.inode)) == ancestors_.end()) {
        return folder(path + "/" + entry.name, key + "/", entry);
      }
      skip_(key + "/", "the folder contains itself through a link");
      return {};
    }
    if (entry.is_file) return visit_(key);
    skip_(key, entry.problem.empty() ? "not a regular file" : entry.problem);
    return {};
  }

  const FileSystem& files_;
  const std::string_view after_;
  const std::vector<std::string_view> extensions_;
  const Source::Visit& visit_;
  const Source::Skip& skip_;
  std::vector<std::pair<uint64_t, uint64_t>> ancestors_;  // device and inode of the folders on the way here
};

class FolderSource final : public Source {
 public:
  FolderSource(std::string root, const FolderOptions& options) : root_(std::move(root)), options_(options) {}

  std::string description() const override { return root_; }

  Status list(const Visit& visit, const Skip& skip) const override {
    PRETAG_ASSIGN(const DirectoryEntry self, options_.file_system->entry(root_));
    return Walk(options_, visit, skip).folder(root_, "", self);
  }

  Result<std::vector<std::byte>> read(const std::string& key) const override {
    if (!stays_inside(key)) return Error{ErrorCode::kInvalidArgument, "the name would leave the input folder"};
    const std::string path = root_ + "/" + key;
    auto bytes = options_.file_system->read(path, options_.max_file_bytes);
    if (bytes) return bytes;
    if (bytes.error().code == ErrorCode::kNotFound) return Error{ErrorCode::kNotFound, "the file is gone"};
    return Error{bytes.error().code, reason_of(bytes.error(), path)};
  }

 private:
  const std::string root_;
  const FolderOptions options_;
};

// A folder of which only one file matters.
class SingleFileSource final : public Source {
 public:
  SingleFileSource(std::string path, std::string folder, std::string key, const FolderOptions& options)
      : path_(std::move(path)), key_(std::move(key)), after_(options.after), folder_(std::move(folder), options) {}

  std::string description() const override { return path_; }

  Status list(const Visit& visit, const Skip& skip) const override {
    if (key_ <= after_) return {};
    if (is_valid_utf8(key_)) return visit(key_);
    skip(escaped(key_), "its name is not UTF-8; rename it");
    return {};
  }

  Result<std::vector<std::byte>> read(const std::string& key) const override { return folder_.read(key); }

 private:
  const std::string path_, key_, after_;
  const FolderSource folder_;
};

std::string without_trailing_slashes(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

Result<std::unique_ptr<Source>> open_folder_source(const std::string& root, const FolderOptions& options) {
  const std::string path = without_trailing_slashes(root);
  PRETAG_ASSIGN(const DirectoryEntry entry, options.file_system->entry(path));
  if (entry.is_directory) {
    return std::unique_ptr<Source>(std::make_unique<FolderSource>(path, options));
  }
  if (!entry.is_file) return Error{ErrorCode::kIo, path + ": neither a folder nor a file"};
  const size_t slash = path.rfind('/');
  std::string folder = slash == std::string::npos ? "." : path.substr(0, std::max<size_t>(slash, 1));
  std::string key = slash == std::string::npos ? path : path.substr(slash + 1);
  return std::unique_ptr<Source>(std::make_unique<SingleFileSource>(path, std::move(folder), std::move(key), options));
}

}  // namespace pretag
