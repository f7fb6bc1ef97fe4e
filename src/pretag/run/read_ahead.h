// Reading very many small files of a bucket: each takes a request, so the next ones are fetched at the same time.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pretag/io/file_system.h"
#include "pretag/util/result.h"

namespace pretag {

// Shows another file system, only to read, and holds what was fetched of it until the next fetch. What was not fetched
// is read when it is asked for. `files` must outlive it. Not thread-safe while it fetches.
class ReadAhead final : public FileSystem {
 public:
  explicit ReadAhead(const FileSystem& files) : files_(files) {}

  // What is not there is remembered, too. Errors wait until the file is read.
  void fetch(const std::vector<std::string>& paths);

  Result<std::vector<std::byte>> read(const std::string& path, size_t max_bytes) const override;
  Result<std::vector<DirectoryEntry>> list(const std::string& directory) const override {
    return files_.list(directory);
  }
  Result<DirectoryEntry> entry(const std::string& path) const override { return files_.entry(path); }
  bool exists(const std::string& path) const override { return files_.exists(path); }
  bool is_remote(const std::string& path) const override { return files_.is_remote(path); }

  Status write_atomically(const std::string& path, std::string_view bytes) override;
  Status stream_atomically(const std::string& path, const std::function<Status(const Sink&)>& produce) override;
  Status make_directories(const std::string& path) override;
  Result<bool> remove(const std::string& path) override;

 private:
  const FileSystem& files_;
  std::map<std::string, Result<std::vector<std::byte>>> fetched_;
};

}  // namespace pretag
