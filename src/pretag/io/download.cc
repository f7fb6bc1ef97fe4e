#include "pretag/io/download.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "pretag/io/sha256.h"
#include "pretag/util/strings.h"

namespace pretag {

namespace {

constexpr int kOk = 200, kPartialContent = 206, kNotFound = 404, kGone = 410, kRangeNotSatisfiable = 416;
constexpr size_t kFewestDigits = 8, kAllDigits = 64;

Error system_error(const std::string& path, const char* verb) {
  return {ErrorCode::kIo, fmt::format("{}: cannot {}: {}", path, verb, std::strerror(errno))};
}

// "<target>.part", held by this process alone.
class PartFile {
 public:
  static Result<PartFile> open(const std::string& path) {
    PartFile file(path, ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (file.descriptor_ < 0) return system_error(path, "open");
    if (::flock(file.descriptor_, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK)
        return Error{ErrorCode::kIo, fmt::format("{}: another process is downloading it", path)};
      // Some network file systems have no locks; two downloads at once are then not told apart.
      if (errno != ENOSYS && errno != ENOLCK && errno != EOPNOTSUPP) return system_error(path, "lock");
    }
    if (!file.is_still_there()) {
      return Error{ErrorCode::kIo, fmt::format("{}: another process has just finished it", path)};
    }
    const off_t end = ::lseek(file.descriptor_, 0, SEEK_END);
    if (end < 0) return system_error(path, "read");
    file.size_ = static_cast<uint64_t>(end);
    return file;
  }

  PartFile(PartFile&& other) noexcept
      : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)), size_(other.size_) {}
  PartFile& operator=(PartFile&&) = delete;
  ~PartFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  const std::string& path() const { return path_; }
  uint64_t size() const { return size_; }

  Status truncate() {
    size_ = 0;
    if (::ftruncate(descriptor_, 0) != 0 || ::lseek(descriptor_, 0, SEEK_SET) < 0) return system_error(path_, "empty");
    return {};
  }

  Status append(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return system_error(path_, "write");
      bytes.remove_prefix(static_cast<size_t>(written));
      size_ += static_cast<uint64_t>(written);
    }
    return {};
  }

  Status rename_to(const std::string& target) {
    if (::fsync(descriptor_) != 0) return system_error(path_, "write");
    if (::rename(path_.c_str(), target.c_str()) != 0) return system_error(target, "write");
    return {};
  }

  void remove() const { ::unlink(path_.c_str()); }
  void remove_if_empty() const {
    if (size_ == 0) remove();
  }

 private:
  PartFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

  // Between open and lock, another process may have renamed the file to its target, which must not be touched.
  bool is_still_there() const {
    struct stat opened {
    }, named{};
    return ::fstat(descriptor_, &opened) == 0 && ::stat(path_.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
           opened.st_ino == named.st_ino;
  }

  std::string path_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
};

Status check_status(const std::string& url, int status) {
  if (status == kOk || status == kPartialContent) return {};
  const bool absent = status == kNotFound || status == kGone;
  return Error{absent ? ErrorCode::kNotFound : ErrorCode::kIo,
               fmt::format("{}: the server answers with status {}{}", url, status, absent ? " (not there)" : "")};
}

// Fetches what `part` lacks.
Result<HttpHead> fetch(const HttpClient& client, const DownloadRequest& request, const DownloadProgress& progress,
                       PartFile& part) {
  std::optional<uint64_t> total;
  const auto report = [&] {
    if (progress) progress(part.size(), total);
  };
  const HttpSink sink = {.begin = [&](const HttpHead& head) -> Status {
                           total = head.total_bytes;
                           if (head.first_byte != part.size()) PRETAG_TRY(part.truncate());
                           report();
                           return {};
                         },
                         .append = [&](std::string_view bytes) -> Status {
                           PRETAG_TRY(part.append(bytes));
                           report();
                           return {};
                         }};
  return client.get({.url = request.url, .first_byte = part.size(), .max_bytes = request.max_bytes}, sink);
}

// A broken connection is the one failure after which the part is worth keeping; say so.
Error with_hint(const Error& error, const PartFile& part, bool resumable) {
  if (error.code != ErrorCode::kIo || !resumable || part.size() == 0) return error;
  return {error.code,
          fmt::format("{}; run it again to go on after {}", error.message, human_bytes(double(part.size())))};
}

Status check_digits(const std::string& digits) {
  const bool hex = std::ranges::all_of(digits, [](unsigned char c) { return std::isxdigit(c) != 0; });
  if (hex && digits.size() >= kFewestDigits && digits.size() <= kAllDigits) return {};
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("'{}' is no SHA-256 checksum ({} to {} hex digits)", digits, kFewestDigits, kAllDigits)};
}

Status make_folder_of(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (!error) return {};
  return Error{ErrorCode::kIo, fmt::format("{}: cannot make the folder: {}", folder.string(), error.message())};
}

// Until `part` is the whole content, and the right one.
Status complete(const HttpClient& client, const DownloadRequest& request, const DownloadProgress& progress,
                PartFile& part) {
  const bool checked = !request.sha256.empty();
  if (!checked) PRETAG_TRY(part.truncate());  // the content may have changed since, and nothing would notice
  auto head = fetch(client, request, progress, part);
  if (head.ok() && head->status == kRangeNotSatisfiable && part.size() > 0) {
    // The part is as long as the content, or longer. Either it is the content, or it is of no use.
    if (check_sha256(part.path(), request.sha256)) return {};
    PRETAG_TRY(part.truncate());
    head = fetch(client, request, progress, part);
  }
  if (!head) return with_hint(head.error(), part, checked);
  PRETAG_TRY(check_status(request.url, head->status));
  if (!checked) return {};
  const Status right = check_sha256(part.path(), request.sha256);
  if (right) return {};
  part.remove();
  return right.error().in(request.url + ": the content is not what was expected and was removed");
}

}  // namespace

Status check_sha256(const std::string& path, const std::string& digits) {
  PRETAG_TRY(check_digits(digits));
  PRETAG_ASSIGN(const std::string actual, sha256_of_file(path));
  if (actual.starts_with(to_lower(digits))) return {};
  return Error{ErrorCode::kCorrupt, fmt::format("{}: its SHA-256 begins with {}, not with {}", path,
                                                actual.substr(0, digits.size()), digits)};
}

Status download(const HttpClient& client, const DownloadRequest& request, const DownloadProgress& progress) {
  if (!request.sha256.empty()) PRETAG_TRY(check_digits(request.sha256));
  PRETAG_TRY(make_folder_of(request.target));
  PRETAG_ASSIGN(PartFile part, PartFile::open(request.target + ".part"));
  Status status = complete(client, request, progress, part);
  if (!status) {
    part.remove_if_empty();
    return status;
  }
  return part.rename_to(request.target);
}

}  // namespace pretag
