#include "pretag/bucket/file_system_with_buckets.h"

#include <map>
#include <mutex>
#include <utility>

#include "pretag/bucket/bucket_url.h"

namespace pretag {
namespace {

class FileSystemWithBuckets final : public FileSystem {
 public:
  FileSystemWithBuckets(FileSystem& local, ConnectBuckets connect) : local_(local), connect_(std::move(connect)) {}

  Result<std::vector<std::byte>> read(const std::string& path, size_t max_bytes) const override {
    PRETAG_ASSIGN(FileSystem* const files, of(path));
    return files->read(path, max_bytes);
  }
  Result<std::unique_ptr<FileReader>> open(const std::string& path) const override {
    PRETAG_ASSIGN(const FileSystem* const files, of(path));
    return files->open(path);
  }
  Status write_atomically(const std::string& path, std::string_view bytes) override {
    PRETAG_ASSIGN(FileSystem* const files, of(path));
    return files->write_atomically(path, bytes);
  }
  Result<bool> write_if_absent(const std::string& path, std::string_view bytes) override {
    PRETAG_ASSIGN(FileSystem* const files, of(path));
    return files->write_if_absent(path, bytes);
  }
  Status write_one_of_many(const std::string& path, std::string_view bytes) override {
    PRETAG_ASSIGN(FileSystem* const files, of(path));
    return files->write_one_of_many(path, bytes);
  }
  Status sync_all(const std::string& folder) override {
    PRETAG_ASSIGN(FileSystem* const files, of(folder));
    return files->sync_all(folder);
  }
  Status stream_atomically(const std::string& path, const std::function<Status(const Sink&)>& produce) override {
    PRETAG_ASSIGN(FileSystem* const files, of(path));
    return files->stream_atomically(path, produce);
  }
  Result<std::vector<DirectoryEntry>> list(const std::string& directory) const override {
    PRETAG_ASSIGN(const FileSystem* const files, of(directory));
    return files->list(directory);
  }
  Result<std::vector<DirectoryEntry>> list_wanted(const std::string& directory, const Wanted& wanted) const override {
    PRETAG_ASSIGN(const FileSystem* const files, of(directory));
    return files->list_wanted(directory, wanted);
  }
  Result<DirectoryEntry> entry(const std::string& path) const override {
    PRETAG_ASSIGN(const FileSystem* const files, of(path));
    return files->entry(path);
  }
  Status make_directories(const std::string& path) override {
    PRETAG_ASSIGN(FileSystem* const files, of(path));
    return files->make_directories(path);
  }
  bool exists(const std::string& path) const override {
    const auto files = of(path);
    return files && (*files)->exists(path);
  }
  std::string canonical(const std::string& path) const override {
    const auto files = of(path);
    return files ? (*files)->canonical(path) : path;
  }
  bool is_remote(const std::string& path) const override { return is_bucket_url(path) || local_.is_remote(path); }
  Result<bool> remove(const std::string& path) override {
    PRETAG_ASSIGN(FileSystem* const files, of(path));
    return files->remove(path);
  }

 private:
  Result<FileSystem*> of(const std::string& path) const {
    if (!is_bucket_url(path)) return &local_;
    const std::string scheme = path.substr(0, path.find(':'));
    const std::lock_guard lock(mutex_);
    std::unique_ptr<FileSystem>& buckets = buckets_[scheme];
    if (buckets == nullptr) {
      PRETAG_ASSIGN(buckets, connect_(scheme));
    }
    return buckets.get();
  }

  FileSystem& local_;
  const ConnectBuckets connect_;
  mutable std::mutex mutex_;                                            // of what follows
  mutable std::map<std::string, std::unique_ptr<FileSystem>> buckets_;  // by scheme
};

}  // namespace

std::unique_ptr<FileSystem> file_system_with_buckets(FileSystem& local, ConnectBuckets connect) {
  return std::make_unique<FileSystemWithBuckets>(local, std::move(connect));
}

}  // namespace pretag
