// memlog.txt: how much memory the program and the machine had in use, from time to time.
#pragma once

#include <atomic>
#include <string>
#include <thread>

namespace pretag {

// Appends a line every `interval` seconds for as long as it lives, the first one at once: time, resident memory of the
// process, available memory of the machine, in MiB. A file that cannot be written is no reason to stop.
class MemoryLog {
 public:
  MemoryLog(std::string path, double interval);
  ~MemoryLog();
  MemoryLog(const MemoryLog&) = delete;
  MemoryLog& operator=(const MemoryLog&) = delete;

  void sample() const;

 private:
  std::string path_;
  std::atomic<bool> closing_ = false;
  std::thread thread_;
};

}  // namespace pretag
