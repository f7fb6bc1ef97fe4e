// Shows the images of the local mounts to a browser: GET /<relative path>, looked up in the input mount first, then in
// the lightly mount.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "pretag/util/result.h"
#include "pretag/worker/job_folders.h"
#include "pretag/worker/worker_settings.h"

namespace pretag {

// Files only, no listings; with CORS for every origin, and never to be cached. Links may not lead out of their mount.
class FileServer {
 public:
  // Serves on threads of its own until destroyed. kIo when the address is taken.
  static Result<std::unique_ptr<FileServer>> start(const FileServerSettings& settings, const Mounts& mounts);
  virtual ~FileServer() = default;

  virtual int port() const = 0;
};

// The file that a path of a request stands for; nothing if there is none, or it is outside the mounts.
std::optional<std::string> served_file(const std::string& request_path, const Mounts& mounts);

}  // namespace pretag
