#include "support/faulty_file_system.h"

#include <algorithm>
#include <iterator>

namespace pretag {

void FaultyFileSystem::fail_writes_after(uint64_t bytes) {
  std::scoped_lock lock(mutex_);
  bytes_left_ = bytes;
}

void FaultyFileSystem::stop_failing_writes() {
  std::scoped_lock lock(mutex_);
  bytes_left_.reset();
}

void FaultyFileSystem::fail_reads_of(const std::string& path, Error error) {
  std::scoped_lock lock(mutex_);
  read_faults_.insert_or_assign(path, std::move(error));
}

void FaultyFileSystem::hide(const std::string& path, Error error) {
  std::scoped_lock lock(mutex_);
  hidden_.insert(path);
  read_faults_.insert_or_assign(path, std::move(error));
}

void FaultyFileSystem::list_also(const std::string& folder, DirectoryEntry entry) {
  std::scoped_lock lock(mutex_);
  more_entries_.emplace(folder, std::move(entry));
}

void FaultyFileSystem::make_vanish(const std::string& path) {
  std::scoped_lock lock(mutex_);
  vanished_.insert(path);
}

Result<std::vector<std::byte>> FaultyFileSystem::read(const std::string& path, size_t max_bytes) const {
  if (const auto fault = read_fault(path)) return *fault;
  return wrapped_.read(path, max_bytes);
}

Status FaultyFileSystem::write_atomically(const std::string& path, std::string_view bytes) {
  return stream_atomically(path, [&](const Sink& sink) { return sink(bytes); });
}

// The wrapped file system sees a producer that fails midway, so its own clean-up is what a test observes.
Status FaultyFileSystem::stream_atomically(const std::string& path, const std::function<Status(const Sink&)>& produce) {
  return wrapped_.stream_atomically(path, [&](const Sink& sink) {
    return produce([&](std::string_view piece) { return write_piece(path, piece, sink); });
  });
}

Result<std::vector<DirectoryEntry>> FaultyFileSystem::list(const std::string& directory) const {
  if (const auto fault = read_fault(directory)) return *fault;
  PRETAG_ASSIGN(auto entries, wrapped_.list(directory));
  std::scoped_lock lock(mutex_);
  const auto [first, last] = more_entries_.equal_range(directory);
  std::transform(first, last, std::back_inserter(entries), [](const auto& more) { return more.second; });
  std::ranges::sort(entries, {}, &DirectoryEntry::name);
  return entries;
}

Result<DirectoryEntry> FaultyFileSystem::entry(const std::string& path) const { return wrapped_.entry(path); }

Status FaultyFileSystem::make_directories(const std::string& path) { return wrapped_.make_directories(path); }

Result<bool> FaultyFileSystem::remove(const std::string& path) { return wrapped_.remove(path); }

bool FaultyFileSystem::exists(const std::string& path) const {
  {
    std::scoped_lock lock(mutex_);
    if (vanished_.contains(path) || hidden_.contains(path)) return false;
  }
  return wrapped_.exists(path);
}

std::optional<Error> FaultyFileSystem::read_fault(const std::string& path) const {
  std::scoped_lock lock(mutex_);
  if (vanished_.contains(path)) return Error{ErrorCode::kNotFound, path + ": No such file or directory"};
  const auto found = read_faults_.find(path);
  if (found == read_faults_.end()) return std::nullopt;
  return found->second;
}

Status FaultyFileSystem::write_piece(const std::string& path, std::string_view piece, const Sink& sink) {
  uint64_t room = piece.size();
  {
    std::scoped_lock lock(mutex_);
    if (bytes_left_) {
      room = std::min<uint64_t>(room, *bytes_left_);
      *bytes_left_ -= room;
    }
  }
  PRETAG_TRY(sink(piece.substr(0, room)));
  if (room < piece.size()) return Error{ErrorCode::kIo, path + ": No space left on device"};
  return {};
}

}  // namespace pretag
