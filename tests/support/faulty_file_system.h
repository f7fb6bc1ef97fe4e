// A FileSystem that passes everything on to another one, except what a test told it to break.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pretag/io/file_system.h"

namespace pretag {

// Thread-safe. The wrapped FileSystem must outlive it.
class FaultyFileSystem final : public FileSystem {
 public:
  explicit FaultyFileSystem(FileSystem& wrapped) : wrapped_(wrapped) {}

  // The disk is full after `bytes` more bytes, in the middle of a piece if need be.
  void fail_writes_after(uint64_t bytes);
  void stop_failing_writes();
  // Reading or listing exactly this path fails so, as a file without permission or on a bad disk does.
  void fail_reads_of(const std::string& path, Error error);
  // Nothing can be found out about this path, as behind a bad disk: reading it fails so, and it does not seem to exist.
  void hide(const std::string& path, Error error);
  // Listing the folder tells of this entry, too.
  void list_also(const std::string& folder, DirectoryEntry entry);
  // The path is still listed in its folder, but it is gone when opened.
  void make_vanish(const std::string& path);

  Result<std::vector<std::byte>> read(const std::string& path, size_t max_bytes) const override;
  Status write_atomically(const std::string& path, std::string_view bytes) override;
  Status stream_atomically(const std::string& path, const std::function<Status(const Sink&)>& produce) override;
  Result<std::vector<DirectoryEntry>> list(const std::string& directory) const override;
  Result<DirectoryEntry> entry(const std::string& path) const override;
  Status make_directories(const std::string& path) override;
  bool exists(const std::string& path) const override;
  Result<bool> remove(const std::string& path) override;

 private:
  std::optional<Error> read_fault(const std::string& path) const;
  Status write_piece(const std::string& path, std::string_view piece, const Sink& sink);

  FileSystem& wrapped_;
  mutable std::mutex mutex_;
  std::optional<uint64_t> bytes_left_;
  std::map<std::string, Error> read_faults_;
  std::set<std::string> vanished_, hidden_;
  std::multimap<std::string, DirectoryEntry> more_entries_;  // by folder
};

}  // namespace pretag
