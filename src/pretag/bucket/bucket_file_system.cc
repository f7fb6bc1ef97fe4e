#include "pretag/bucket/bucket_file_system.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "pretag/bucket/bucket_reader.h"

namespace pretag {
namespace {

// The last part of a path; of a bucket, its name.
std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

Error nothing_there(const std::string& path) {
  return {ErrorCode::kNotFound, path + ": there is nothing of this name"};
}

Error in_circles(const std::string& path) {
  return {ErrorCode::kCorrupt, path + ": the listing goes round in circles"};
}

Result<BucketUrl> object_url(const std::string& path) {
  PRETAG_ASSIGN(BucketUrl url, parse_bucket_url(path));
  if (url.key.empty()) return Error{ErrorCode::kInvalidArgument, path + ": is a bucket, and not a file"};
  return url;
}

DirectoryEntry entry_of(const std::string& path, bool is_directory, const BucketObject& object = {}) {
  constexpr uint64_t kDevice = 0x7333;  // no disk's
  return {.name = name_of(path),
          .is_directory = is_directory,
          .is_file = !is_directory,
          .device = kDevice,
          .inode = std::hash<std::string>()(is_directory ? path + "/" : path),
          .bytes = object.bytes,
          .modified = object.modified};
}

class BucketFileSystem final : public FileSystem {
 public:
  explicit BucketFileSystem(std::unique_ptr<BucketClient> client) : client_(std::move(client)) {}

  Result<std::vector<std::byte>> read(const std::string& path, size_t max_bytes) const override {
    PRETAG_ASSIGN(const BucketUrl url, object_url(path));
    const auto bytes = client_->get(url, max_bytes);
    if (!bytes) return bytes.error().in(path);
    const auto* begin = reinterpret_cast<const std::byte*>(bytes->data());
    return std::vector<std::byte>(begin, begin + bytes->size());
  }

  Result<std::unique_ptr<FileReader>> open(const std::string& path) const override {
    PRETAG_ASSIGN(BucketUrl url, object_url(path));
    auto reader = open_bucket_object(*client_, std::move(url));
    if (!reader) return reader.error().in(path);
    return reader;
  }

  Status write_atomically(const std::string& path, std::string_view bytes) override {
    PRETAG_ASSIGN(const BucketUrl url, object_url(path));
    const Status put = client_->put(url, bytes, "application/octet-stream");
    return put ? put : put.error().in(path);
  }

  Status stream_atomically(const std::string& path, const std::function<Status(const Sink&)>& produce) override {
    std::string all;
    PRETAG_TRY(produce([&](std::string_view piece) -> Status {
      all += piece;
      return {};
    }));
    return write_atomically(path, all);
  }

  Result<std::vector<DirectoryEntry>> list(const std::string& directory) const override {
    return list_wanted(directory, [](std::string_view) { return true; });
  }

  Result<std::vector<DirectoryEntry>> list_wanted(const std::string& directory, const Wanted& wanted) const override {
    PRETAG_ASSIGN(const BucketUrl url, parse_bucket_url(directory));
    const std::string prefix = url.prefix();
    BucketListRequest request{.prefix = prefix, .delimiter = "/"};
    std::vector<DirectoryEntry> entries;
    bool any = false;
    do {
      const auto page = client_->list(url.bucket, request);
      if (!page) return page.error().in(directory);
      for (const std::string& folder : page->prefixes) add(url.text(), prefix, {folder}, wanted, entries);
      for (const BucketObject& file : page->objects) add(url.text(), prefix, file, wanted, entries);
      any = any || !page->objects.empty() || !page->prefixes.empty();
      if (!page->next.empty() && page->next == request.from) return in_circles(directory);
      request.from = page->next;
    } while (!request.from.empty());
    if (!any) return nothing_there(directory);
    std::ranges::sort(entries, {}, &DirectoryEntry::name);
    return entries;
  }

  // Where there are both, the folder.
  Result<DirectoryEntry> entry(const std::string& path) const override {
    PRETAG_ASSIGN(const BucketUrl url, parse_bucket_url(path));
    const auto inside = first_object(url.bucket, url.prefix(), path);
    if (inside && *inside) return entry_of(url.text(), true);
    // Azure's accounts with folders of their own take it for an error to look below a file.
    PRETAG_ASSIGN(const auto file, object(url, path));
    if (file) return entry_of(url.text(), false, *file);
    return inside ? nothing_there(path) : inside.error();
  }

  Status make_directories(const std::string&) override { return {}; }

  bool exists(const std::string& path) const override {
    const auto url = parse_bucket_url(path);
    if (!url) return false;
    const auto file = object(*url, path);
    if (file && file->has_value()) return true;
    const auto inside = first_object(url->bucket, url->prefix(), path);
    return inside && inside->has_value();
  }

  std::string canonical(const std::string& path) const override {
    const auto url = parse_bucket_url(path);
    return url ? url->text() : path;
  }

  bool is_remote(const std::string&) const override { return true; }

  Result<bool> remove(const std::string& path) override {
    PRETAG_ASSIGN(const BucketUrl url, parse_bucket_url(path));
    PRETAG_ASSIGN(const auto file, object(url, path));
    if (!file) return false;
    const Status removed = client_->remove(url);
    if (!removed) return removed.error().in(path);
    return true;
  }

 private:
  // `object` is one of the directory, or its key ends with '/' and is a folder of it.
  static void add(const std::string& directory, const std::string& prefix, const BucketObject& object,
                  const Wanted& wanted, std::vector<DirectoryEntry>& entries) {
    if (!object.key.starts_with(prefix) || object.key == prefix) return;  // some tools make one for the folder itself
    std::string name = object.key.substr(prefix.size());
    const bool is_folder = name.ends_with('/');
    if (is_folder) name.pop_back();
    if (!wanted(name)) return;
    if (name.empty()) return entries.push_back({.name = "", .problem = "a folder without a name; rename its objects"});
    entries.push_back(entry_of(directory + "/" + name, is_folder, object));
  }

  // Of those whose keys begin with `prefix`. Asking so needs no other permission than listing does.
  Result<std::optional<BucketObject>> first_object(const std::string& bucket, const std::string& prefix,
                                                   const std::string& path) const {
    BucketListRequest request{.prefix = prefix, .most = 1};
    for (;;) {
      auto page = client_->list(bucket, request);
      if (!page) return page.error().in(path);
      if (!page->objects.empty()) return std::optional(std::move(page->objects.front()));
      if (page->next.empty()) return std::optional<BucketObject>();
      if (page->next == request.from) return in_circles(path);  // an empty page may have a next one
      request.from = page->next;
    }
  }

  Result<std::optional<BucketObject>> object(const BucketUrl& url, const std::string& path) const {
    if (url.key.empty()) return std::optional<BucketObject>();
    PRETAG_ASSIGN(auto first, first_object(url.bucket, url.key, path));
    return first && first->key == url.key ? std::move(first) : std::nullopt;
  }

  const std::unique_ptr<BucketClient> client_;
};

}  // namespace

std::unique_ptr<FileSystem> bucket_file_system(std::unique_ptr<BucketClient> client) {
  return std::make_unique<BucketFileSystem>(std::move(client));
}

}  // namespace pretag
