#include "pretag/io/file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

namespace pretag {
namespace {

// Where a network's disk has gone, or this program has too many files open, nothing is known of the one asked for.
ErrorCode kind_of(int code) {
  constexpr std::array kOfTheSystem = {ENOTCONN, ESTALE, ETIMEDOUT, EHOSTDOWN, EHOSTUNREACH, EMFILE, ENFILE, ENOMEM};
  if (std::ranges::find(kOfTheSystem, code) != kOfTheSystem.end()) return ErrorCode::kUnavailable;
  // Nothing can have a name that is too long.
  return code == ENOENT || code == ENOTDIR || code == ENAMETOOLONG ? ErrorCode::kNotFound : ErrorCode::kIo;
}

// "path: reason", with advice where the reason alone does not say what to do.
Error system_error(const std::string& path, int code) {
  const char* advice = "";
  if (code == ENOSPC) advice = "; free some space or choose another folder";
  if (code == EDQUOT) advice = "; the disk quota is used up, free some space or choose another folder";
  if (code == EROFS || code == EACCES) advice = "; check the permissions or choose another folder";
  return {kind_of(code), fmt::format("{}: {}{}", path, std::generic_category().message(code), advice)};
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  // Network file systems report a full disk only here.
  int close() { return ::close(std::exchange(fd_, -1)); }

 private:
  int fd_;
};

template <class Call>
auto retry_interrupted(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

Status write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = retry_interrupted([&] { return ::write(fd, bytes.data(), bytes.size()); });
    if (written < 0) return system_error(path, errno);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

std::string parent_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().native();
  return parent.empty() ? "." : parent;
}

// Makes a rename durable. File systems that cannot sync a folder (EINVAL) have nothing to lose by it.
Status sync_directory(const std::string& directory) {
  FileDescriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open()) return system_error(directory, errno);
  if (::fsync(fd.get()) != 0 && errno != EINVAL && errno != EROFS) return system_error(directory, errno);
  return {};
}

constexpr std::string_view kUnfinished = ".pretag-", kUnfinishedEnd = ".tmp";

// A link to a file is followed, and not replaced.
std::string without_link(const std::string& target) {
  std::error_code failure;
  if (!std::filesystem::is_symlink(target, failure)) return target;
  const auto real = std::filesystem::weakly_canonical(target, failure);
  return failure ? target : real.string();
}

// Terminals, pipes and /dev/null.
bool is_device(const std::string& target) {
  struct stat info {};
  return ::stat(target.c_str(), &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

// A hidden file beside its target, removed unless committed. Its name is short whatever the target's is, since names
// have a limit of 255 bytes. A device cannot be replaced, and is written to as it stands.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& target)
      : is_device_(is_device(target)),
        target_(is_device_ ? target : without_link(target)),
        fd_(is_device_ ? open_device() : create()) {}
  ~TemporaryFile() {
    if (!committed_ && !is_device_ && fd_created_) ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  Status opened() const { return fd_created_ ? Status{} : Status{system_error(target_, create_errno_)}; }
  Status write(std::string_view bytes) { return write_all(fd_.get(), bytes, target_); }

  Status commit() {
    if (is_device_) return commit_unsynced();
    if (::fsync(fd_.get()) != 0) return system_error(target_, errno);
    PRETAG_TRY(commit_unsynced());
    return sync_directory(parent_of(target_));
  }

  // Whether the target was not there. A link, unlike a rename, does not take the place of what is, also on network file
  // systems; where there are no links (FAT, some FUSE), two programs at the same moment are not told apart.
  Result<bool> commit_if_absent() {
    if (is_device_) return false;
    if (::fsync(fd_.get()) != 0 || fd_.close() != 0) return system_error(target_, errno);
    if (::link(path_.c_str(), target_.c_str()) != 0) {
      if (errno == EEXIST) return false;
      if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS) return system_error(target_, errno);
      if (::access(target_.c_str(), F_OK) == 0) return false;
      if (::rename(path_.c_str(), target_.c_str()) != 0) return system_error(target_, errno);
      committed_ = true;
    }
    PRETAG_TRY(sync_directory(parent_of(target_)));
    return true;
  }

  Status commit_unsynced() {
    if (fd_.close() != 0) return system_error(target_, errno);
    if (!is_device_ && ::rename(path_.c_str(), target_.c_str()) != 0) return system_error(target_, errno);
    committed_ = true;
    return {};
  }

 private:
  int open_device() {
    const int fd = ::open(target_.c_str(), O_WRONLY | O_CLOEXEC);
    fd_created_ = fd >= 0;
    create_errno_ = errno;
    return fd;
  }

  int create() {
    static std::atomic<unsigned> counter = 0;
    for (int attempt = 0; attempt < 100; ++attempt) {
      path_ = fmt::format("{}/{}{}-{}{}", parent_of(target_), kUnfinished, ::getpid(), counter++, kUnfinishedEnd);
      const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (fd >= 0) {
        fd_created_ = true;
        return fd;
      }
      create_errno_ = errno;
      if (errno != EEXIST) break;
    }
    return -1;
  }

  const bool is_device_;
  const std::string target_;
  std::string path_;
  bool fd_created_ = false, committed_ = false;
  int create_errno_ = 0;
  FileDescriptor fd_;  // last: what opens it fills the members above
};

// A copy may keep the time of what it is a copy of (cp -p, rsync -a, tar), but not that of its inode. What is put into
// a folder changes both of its times alike; where the inode's is later, it was moved, or its permissions were changed.
int64_t arrival(const struct stat& info) {
  if (!S_ISDIR(info.st_mode)) return std::max(info.st_mtime, info.st_ctime);
  const auto times = [](const timespec& time) { return std::pair(time.tv_sec, time.tv_nsec); };
  return times(info.st_ctim) > times(info.st_mtim) ? info.st_ctime : 0;
}

DirectoryEntry to_entry(std::string name, const struct stat& info) {
  return {.name = std::move(name),
          .is_directory = S_ISDIR(info.st_mode),
          .is_file = S_ISREG(info.st_mode),
          .device = info.st_dev,
          .inode = info.st_ino,
          .bytes = static_cast<uint64_t>(info.st_size),
          .modified = arrival(info)};
}

class LocalReader final : public FileReader {
 public:
  LocalReader(FileDescriptor fd, uint64_t size) : fd_(std::move(fd)), size_(size) {}
  uint64_t size() const override { return size_; }
  Result<size_t> read(uint64_t offset, std::span<std::byte> into) override {
    size_t filled = 0;
    while (filled < into.size()) {
      const ssize_t count = retry_interrupted([&] {
        return ::pread(fd_.get(), into.data() + filled, into.size() - filled, static_cast<off_t>(offset + filled));
      });
      if (count < 0) return Error{kind_of(errno), std::generic_category().message(errno)};
      if (count == 0) break;
      filled += static_cast<size_t>(count);
    }
    return filled;
  }

 private:
  FileDescriptor fd_;
  const uint64_t size_;
};

class LocalFileSystem final : public FileSystem {
 public:
  Result<std::vector<std::byte>> read(const std::string& path, size_t max_bytes) const override {
    // Not blocking: a named pipe would wait for its writer for ever.
    FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd.is_open()) return system_error(path, errno);
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return system_error(path, errno);
    if (!S_ISREG(info.st_mode)) return Error{ErrorCode::kIo, path + ": not a regular file"};
    const auto size = static_cast<size_t>(info.st_size);
    if (size > max_bytes) {
      return Error{ErrorCode::kUnsupported,
                   fmt::format("{}: {} bytes, more than the limit of {}", path, size, max_bytes)};
    }
    std::vector<std::byte> bytes(size);
    size_t filled = 0;
    while (filled < size) {
      const ssize_t count = retry_interrupted([&] { return ::read(fd.get(), bytes.data() + filled, size - filled); });
      if (count < 0) return system_error(path, errno);
      if (count == 0) break;  // it shrank meanwhile
      filled += static_cast<size_t>(count);
    }
    bytes.resize(filled);
    return bytes;
  }

  Result<std::unique_ptr<FileReader>> open(const std::string& path) const override {
    FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd.is_open()) return system_error(path, errno);
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return system_error(path, errno);
    if (!S_ISREG(info.st_mode)) return Error{ErrorCode::kIo, path + ": not a regular file"};
    return std::unique_ptr<FileReader>(
        std::make_unique<LocalReader>(std::move(fd), static_cast<uint64_t>(info.st_size)));
  }

  Status write_atomically(const std::string& path, std::string_view bytes) override {
    return stream_atomically(path, [&](const Sink& sink) { return sink(bytes); });
  }

  Result<bool> write_if_absent(const std::string& path, std::string_view bytes) override {
    TemporaryFile file(path);
    PRETAG_TRY(file.opened());
    PRETAG_TRY(file.write(bytes));
    return file.commit_if_absent();
  }

  Status write_one_of_many(const std::string& path, std::string_view bytes) override {
    TemporaryFile file(path);
    PRETAG_TRY(file.opened());
    PRETAG_TRY(file.write(bytes));
    return file.commit_unsynced();
  }

  Status sync_all(const std::string& folder) override {
    FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd.is_open() || ::syncfs(fd.get()) != 0) return system_error(folder, errno);
    return {};
  }

  Status stream_atomically(const std::string& path, const std::function<Status(const Sink&)>& produce) override {
    TemporaryFile file(path);
    PRETAG_TRY(file.opened());
    PRETAG_TRY(produce([&](std::string_view piece) { return file.write(piece); }));
    return file.commit();
  }

  Result<std::vector<DirectoryEntry>> list(const std::string& directory) const override {
    return list_wanted(directory, [](std::string_view) { return true; });
  }

  Result<std::vector<DirectoryEntry>> list_wanted(const std::string& directory, const Wanted& wanted) const override {
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(directory.c_str()),
                                                     [](DIR* d) { return ::closedir(d); });
    if (!stream) return system_error(directory, errno);
    std::vector<DirectoryEntry> entries;
    while (true) {
      errno = 0;
      const dirent* found = ::readdir(stream.get());
      if (found == nullptr) break;
      const std::string name = found->d_name;
      if (name == "." || name == ".." || !wanted(name)) continue;
      struct stat info {};
      if (::fstatat(::dirfd(stream.get()), found->d_name, &info, 0) == 0) {
        entries.push_back(to_entry(name, info));
      } else if (kind_of(errno) == ErrorCode::kUnavailable) {
        return system_error(directory, errno);
      } else if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP) {  // those are links to nowhere, or gone
        entries.push_back({.name = name, .problem = std::generic_category().message(errno)});
      }
    }
    if (errno != 0) return system_error(directory, errno);
    std::ranges::sort(entries, {}, &DirectoryEntry::name);
    return entries;
  }

  Result<DirectoryEntry> entry(const std::string& path) const override {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return system_error(path, errno);
    return to_entry(std::filesystem::path(path).filename().native(), info);
  }

  Status make_directories(const std::string& path) override {
    std::error_code failure;
    std::filesystem::create_directories(path, failure);
    if (failure) return system_error(path, failure.value());
    return {};
  }

  bool exists(const std::string& path) const override {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0;
  }

  std::string canonical(const std::string& path) const override {
    std::error_code failure;
    const auto whole = std::filesystem::weakly_canonical(path, failure);
    return failure ? path : whole.string();
  }

  Result<bool> remove(const std::string& path) override {
    std::error_code failure;
    const bool removed = std::filesystem::remove(path, failure);
    if (failure) return system_error(path, failure.value());
    return removed;
  }
};

}  // namespace

Result<std::vector<DirectoryEntry>> FileSystem::list_wanted(const std::string& directory, const Wanted& wanted) const {
  auto entries = list(directory);
  if (entries) std::erase_if(*entries, [&](const DirectoryEntry& entry) { return !wanted(entry.name); });
  return entries;
}

Result<std::unique_ptr<FileReader>> FileSystem::open(const std::string& path) const {
  constexpr size_t kMostBytes = size_t{1} << 30;
  PRETAG_ASSIGN(auto bytes, read(path, kMostBytes));
  return memory_reader(std::move(bytes));
}

Result<bool> FileSystem::write_if_absent(const std::string& path, std::string_view bytes) {
  if (exists(path)) return false;
  PRETAG_TRY(write_atomically(path, bytes));
  return true;
}

bool is_unfinished_file(std::string_view name) {
  return name.starts_with(kUnfinished) && name.ends_with(kUnfinishedEnd);
}

FileSystem& local_file_system() {
  static LocalFileSystem instance;
  return instance;
}

}  // namespace pretag
