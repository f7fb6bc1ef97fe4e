// The files that clients put onto the server and get from it, by links that need no token: the link is the permission.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "pretag/server/server_key.h"
#include "pretag/util/result.h"

namespace pretag {

// Keys are made by the server out of ids and fixed words: "artifacts/<run>/<artifact>". Thread-safe.
class FileStore {
 public:
  // `folder` is made on demand; the key must outlive the store.
  FileStore(std::string folder, const ServerKey& key) : folder_(std::move(folder)), key_(key) {}

  // "/v1/files/<key>?expires=…&signature=…", good for `method` (GET or PUT) until `expires_at` (unix seconds).
  std::string link(std::string_view method, const std::string& file, int64_t expires_at) const;
  bool is_valid_link(std::string_view method, const std::string& file, std::string_view expires,
                     std::string_view signature, int64_t now) const;

  // `produce` hands the bytes to its argument. A file of that key is replaced once all bytes are there, or not at all.
  using Sink = std::function<Status(std::string_view)>;
  Status save(const std::string& file, const std::function<Status(const Sink&)>& produce) const;
  // kNotFound.
  Result<std::string> path_of(const std::string& file) const;
  bool exists(const std::string& file) const;
  // The file or, with a key that is a folder of keys, all below it. What is not there is gone already.
  void remove(const std::string& file) const;
  // What servers that were killed have left of uploads: nobody has written to it for `age` or longer.
  void remove_unfinished(std::chrono::seconds age) const;

 private:
  std::string folder_;
  const ServerKey& key_;
};

}  // namespace pretag
