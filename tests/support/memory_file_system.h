// A FileSystem that lives in memory, for tests that should not touch the disk.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "pretag/io/file_system.h"

namespace pretag {

// Paths are taken as written ("a/b", "/a/b"), '/'-separated, without "." or "..". A folder exists once something is
// in it or make_directories named it. Thread-safe.
class MemoryFileSystem final : public FileSystem {
 public:
  // Puts a file there, with its folders.
  void add(const std::string& path, std::string_view bytes);
  // A second name for the folder `target`, as a symbolic link would be.
  void link_directory(const std::string& path, const std::string& target);
  std::string text(const std::string& path) const;  // empty if there is no such file

  Result<std::vector<std::byte>> read(const std::string& path, size_t max_bytes) const override;
  Status write_atomically(const std::string& path, std::string_view bytes) override;
  Status stream_atomically(const std::string& path, const std::function<Status(const Sink&)>& produce) override;
  Result<std::vector<DirectoryEntry>> list(const std::string& directory) const override;
  Result<DirectoryEntry> entry(const std::string& path) const override;
  Status make_directories(const std::string& path) override;
  bool exists(const std::string& path) const override;
  Result<bool> remove(const std::string& path) override;

 private:
  struct Node {
    bool is_directory = false;
    uint64_t inode = 0;
    std::string bytes;
  };

  void add_parents(const std::string& path);
  Node& put(const std::string& path, bool is_directory);
  std::string resolve(const std::string& path) const;
  static DirectoryEntry to_entry(const std::string& name, const Node& node);

  mutable std::mutex mutex_;
  std::map<std::string, Node> nodes_;
  std::map<std::string, std::string> links_;  // from folder to folder
  uint64_t next_inode_ = 1;
};

}  // namespace pretag
