// Downloads a file so that it is either there, complete and checked, or not there at all.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "pretag/io/http_client.h"
#include "pretag/util/result.h"

namespace pretag {

struct DownloadRequest {
  std::string url;
  std::string target;  // the file; "<target>.part" beside it holds what has arrived so far
  // Hex digits that the SHA-256 of the content begins with; all 64, or as few as eight as in torchvision's file names.
  // Without any, the content is not checked, and an interrupted download starts again rather than go on.
  std::string sha256;
  uint64_t max_bytes = uint64_t{4} << 30;
};

// Bytes that are there, and of how many if the server says so. Called for every piece, on the downloading thread.
using DownloadProgress = std::function<void(uint64_t done, std::optional<uint64_t> total)>;

// Makes missing folders. What a broken connection left behind stays, and the next call goes on from there; a server
// that cannot do that sends everything again. With a wrong checksum the part is removed (kCorrupt). Only one process at
// a time can download to a target (kIo for the others). Otherwise kNotFound (404, 410), kIo, kInvalidArgument.
Status download(const HttpClient& client, const DownloadRequest& request, const DownloadProgress& progress = {});

// kCorrupt unless the SHA-256 of the file begins with these hex digits; kInvalidArgument if they are no such.
Status check_sha256(const std::string& path, const std::string& digits);

}  // namespace pretag
