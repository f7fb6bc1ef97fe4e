// The outside world of files, behind an interface so that tests can make it fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/io/file_reader.h"
#include "pretag/util/result.h"

namespace pretag {

struct DirectoryEntry {
  std::string name;  // bytes as the system gives them
  bool is_directory = false;
  bool is_file = false;
  uint64_t device = 0, inode = 0;  // of what the name leads to; equal pairs are the same file or folder
  uint64_t bytes = 0;              // of a file
  int64_t modified = 0;            // unix seconds: when it came or was changed last; a folder: if it was moved, when
  std::string problem = {};        // why nothing else is known of it ("Permission denied"); empty: all is
};

// Thread-safe. Paths are native. Errors are kNotFound, kIo, or kUnavailable where the system is out of something (file
// descriptors, memory …) and so nothing is known of the path; they name the path and the system's reason.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // kUnsupported when the file is larger than `max_bytes`; nothing is allocated then.
  virtual Result<std::vector<std::byte>> read(const std::string& path, size_t max_bytes) const = 0;
  // To read it in parts. Where nothing better is known it is read as a whole.
  virtual Result<std::unique_ptr<FileReader>> open(const std::string& path) const;
  // Writes beside `path`, syncs, renames: a reader sees the old file or the new one, never half of one.
  virtual Status write_atomically(const std::string& path, std::string_view bytes) = 0;
  // Like write_atomically, unless there is something at `path` already: of several programs, on several machines, that
  // call this at a time, one writes (of the disk; in a bucket they are not told apart). Whether this one did.
  virtual Result<bool> write_if_absent(const std::string& path, std::string_view bytes);
  // For one of very many files that can be made again: as whole for every reader, but on the disk for sure only after
  // sync_all(); a power failure before may leave it empty. Syncing each takes a hundred times as long.
  virtual Status write_one_of_many(const std::string& path, std::string_view bytes) {
    return write_atomically(path, bytes);
  }
  // Everything that was written to the file system of `folder`.
  virtual Status sync_all(const std::string& /*folder*/) { return {}; }
  // Like write_atomically for content too large for memory: `produce` calls its argument for each piece.
  using Sink = std::function<Status(std::string_view)>;
  virtual Status stream_atomically(const std::string& path, const std::function<Status(const Sink&)>& produce) = 0;
  // Sorted by name (bytes). Symbolic links are followed; dangling ones are left out.
  virtual Result<std::vector<DirectoryEntry>> list(const std::string& directory) const = 0;
  // The same of the names that are wanted: nothing is asked of the system about the others, of which there may be many.
  using Wanted = std::function<bool(std::string_view name)>;
  virtual Result<std::vector<DirectoryEntry>> list_wanted(const std::string& directory, const Wanted& wanted) const;
  // What `path` leads to, symbolic links followed; `name` is its last component.
  virtual Result<DirectoryEntry> entry(const std::string& path) const = 0;
  // Creates missing parents too.
  virtual Status make_directories(const std::string& path) = 0;
  virtual bool exists(const std::string& path) const = 0;
  // The one name of what `path` leads to, whatever the working directory is; it need not be there.
  virtual std::string canonical(const std::string& path) const { return path; }
  // Whether reading waits for a network more than for anything else, so that many should read at once.
  virtual bool is_remote(const std::string& /*path*/) const { return false; }
  // A file, or an empty folder. Whether there was one.
  virtual Result<bool> remove(const std::string& path) = 0;
};

// Whether a file of this name is one that the local file system writes before it renames it. One that nobody writes any
// more is what a killed program has left.
bool is_unfinished_file(std::string_view name);

// The machine's own file system; a process-wide instance.
FileSystem& local_file_system();

}  // namespace pretag
