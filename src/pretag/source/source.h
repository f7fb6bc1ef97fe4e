// Where images come from. A new kind of source (a bucket …) is one new class.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pretag/image/image.h"
#include "pretag/util/result.h"
#include "pretag/video/video_file.h"

namespace pretag {

struct Picture {
  Image image;
  uint64_t bytes = 0;  // of the file; of a video's frame, of its pixels
};

// Thread-safe: reader threads call read() and picture() at the same time.
class Source {
 public:
  virtual ~Source() = default;

  // For people: the folder or URL.
  virtual std::string description() const = 0;

  // Calls `visit` with every key in byte order: the path relative to the root, '/'-separated, valid UTF-8.
  // What cannot be used (a name that is not UTF-8, a folder without permission) goes to `skip` with the reason; the key
  // of what is a folder, or may be one, ends with '/'.
  using Visit = std::function<Status(const std::string& key)>;
  using Skip = std::function<void(const std::string& key, const std::string& reason)>;
  virtual Status list(const Visit& visit, const Skip& skip) const = 0;

  // The encoded bytes of one key; of a video's frame, those of a PNG. Errors name the reason only; the caller knows the
  // key.
  virtual Result<std::vector<std::byte>> read(const std::string& key) const = 0;

  // The pixels of one key, of which there may be `max_pixels`: what read() gives, decoded. A frame is not encoded in
  // between.
  virtual Result<Picture> picture(const std::string& key, int64_t max_pixels) const;

  // Whether reading waits for a network more than for anything else, so that many should read at once.
  virtual bool is_remote() const { return false; }

  // When a video's frame is shown; nothing for an image, or where that is not known.
  virtual std::optional<FrameTime> time_of(const std::string& /*key*/) const { return std::nullopt; }
};

// Whether an error is not of the one key that was asked for, but means that nothing can be read for now.
bool concerns_all_keys(const Error& error);

// What an error says without the path in front: a source's caller knows the key.
std::string reason_of(const Error& error, const std::string& path);

}  // namespace pretag
