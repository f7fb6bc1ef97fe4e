#include "pretag/source/folder_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <future>
#include <mutex>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "pretag/data/frame_name.h"
#include "pretag/image/encode.h"
#include "pretag/source/video_frames.h"
#include "pretag/util/paths.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

using namespace std::string_view_literals;

constexpr std::array kImageExtensions = {"jpg"sv, "jpeg"sv, "jpe"sv,  "jfif"sv, "png"sv,  "apng"sv, "webp"sv, "bmp"sv,
                                         "dib"sv, "tif"sv,  "tiff"sv, "gif"sv,  "heic"sv, "heif"sv, "avif"sv, "jp2"sv,
                                         "j2k"sv, "jxl"sv,  "ppm"sv,  "pgm"sv,  "pbm"sv,  "pnm"sv,  "ico"sv};

std::vector<std::string_view> listed_extensions(const FolderOptions& options) {
  if (!options.extensions.empty()) return options.extensions;
  if (options.pictures == Pictures::kVideoFrames) return {};
  return {kImageExtensions.begin(), kImageExtensions.end()};
}

bool lists_videos(const FolderOptions& options) {
  return options.extensions.empty() && options.pictures != Pictures::kImages;
}

// Whether a file of this key, or one below a folder of this key, can come after `after`.
bool may_come_after(const std::string& key, std::string_view after) {
  const std::string folder = key + '/';
  return folder > after || after.starts_with(folder);
}

// A name that is not UTF-8 as readable text: every byte beyond ASCII as \xNN.
std::string escaped(std::string_view name) {
  std::string text;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += fmt::format("\\x{:02X}", byte);
    }
  }
  return text;
}

// Tells of frames of videos between the other keys, where they belong in the byte order: before "video.mp4" comes
// "video-a.jpg", and before that "video-00-mp4.png", and the frames of video.avi among those of video.mp4.
class FrameKeys {
 public:
  FrameKeys(const VideoFrames& videos, const FolderOptions& options, const Source::Visit& visit,
            const Source::Skip& skip)
      : videos_(videos), options_(options), visit_(visit), skip_(skip) {}

  // A video whose frames have not come up yet.
  Status add(const std::string& path, const std::string& key) {
    const std::string prefix = frame_name_prefix(key);
    if (prefix < options_.after && !options_.after.starts_with(prefix)) return {};
    if (!options_.shard.holds(key) || (options_.wants_video && !options_.wants_video(key))) return {};
    auto frames = videos_.count(path, options_.trust_frame_count);
    if (frames && *frames == 0) frames = Error{ErrorCode::kCorrupt, "the video has no frames"};
    if (!frames && concerns_all_keys(frames.error())) return frames.error().in(path);
    if (frames) {
      pending_.push_back({key, 0, *frames, frame_name(key, 0, *frames)});
    } else {
      skip_(key, frames.error().message);
    }
    return {};
  }

  // The frames that come before `key`.
  Status visit_before(const std::string& key) {
    while (!pending_.empty()) {
      const auto first = std::ranges::min_element(pending_, {}, &Video::next_key);
      if (first->next_key >= key) break;
      PRETAG_TRY(visit_next(*first));
      if (first->next == first->frames) pending_.erase(first);
    }
    return {};
  }

  // A file that is listed, perhaps by another shard than the video that it is beside.
  Status visit_file(const std::string& key) {
    last_ = key;
    return options_.shard.holds(key) ? visit_(key) : Status();
  }

  Status visit_rest() {
    constexpr const char* kAfterEveryKey = "\xFF";  // no byte of UTF-8
    return visit_before(kAfterEveryKey);
  }

 private:
  struct Video {
    std::string key;
    int64_t next, frames;
    std::string next_key;
  };

  Status visit_next(Video& video) {
    const std::string key = std::move(video.next_key);
    if (++video.next < video.frames) video.next_key = frame_name(video.key, video.next, video.frames);
    return key == last_ || key <= options_.after ? Status() : visit_(key);
  }

  const VideoFrames& videos_;
  const FolderOptions& options_;
  const Source::Visit& visit_;
  const Source::Skip& skip_;
  std::vector<Video> pending_;
  std::string last_;  // the file that was listed last; it stands for the frame of its name
};

// One walk over the tree. Depth first, every folder sorted as if its name ended with '/', is the byte order of the full
// keys: "a.b" comes before "a/c", since '.' < '/', and "a0" after it. A video is sorted as its first frame.
class Walk {
 public:
  Walk(const FolderOptions& options, const VideoFrames& videos, const Source::Visit& visit, const Source::Skip& skip)
      : options_(options),
        files_(*options.file_system),
        extensions_(listed_extensions(options)),
        videos_(videos),
        visit_(visit),
        skip_(skip) {}

  // `prefix` is empty or ends with '/'.
  Status folder(const std::string& path, const std::string& prefix, const DirectoryEntry& self) {
    const auto wanted = [&](std::string_view name) {
      return !name.starts_with('.') && may_come_after(prefix + std::string(name), options_.after);
    };
    auto entries = files_.list_wanted(path, wanted);
    if (!entries) {
      if (prefix.empty() || concerns_all_keys(entries.error())) return entries.error();
      // Of a bucket, a folder in which nothing is, or is any more, does not exist.
      if (entries.error().code == ErrorCode::kNotFound && files_.is_remote(path)) return {};
      skip_(prefix, reason_of(entries.error(), path));
      return {};
    }
    std::ranges::sort(*entries, {}, [&](const DirectoryEntry& entry) { return place_of(entry); });
    ancestors_.emplace_back(self.device, self.inode);
    const int64_t came_before = came_;
    if (!prefix.empty()) came_ = std::max(came_, self.modified);  // what is in a folder that was moved came with it
    FrameKeys frames(videos_, options_, visit_, skip_);
    for (const DirectoryEntry& entry : *entries) {
      PRETAG_TRY(frames.visit_before(prefix + place_of(entry)));
      if (is_video(entry)) {
        if (is_of_that_time(entry)) PRETAG_TRY(frames.add(path + "/" + entry.name, prefix + entry.name));
      } else {
        PRETAG_TRY(visit_entry(path, prefix, entry, frames));
      }
    }
    ancestors_.pop_back();
    came_ = came_before;
    return frames.visit_rest();
  }

 private:
  bool is_video(const DirectoryEntry& entry) const {
    return entry.is_file && lists_videos(options_) && is_video_name(entry.name) && is_valid_utf8(entry.name);
  }

  // Nothing that the entry stands for comes before this.
  std::string place_of(const DirectoryEntry& entry) const {
    if (is_video(entry)) return frame_name_prefix(entry.name);
    return entry.is_directory ? entry.name + '/' : entry.name;
  }

  bool is_of_that_time(const DirectoryEntry& entry) const {
    const int64_t came = std::max(entry.modified, came_);
    return came >= options_.modified_from && came <= options_.modified_to;
  }

  bool has_extension(std::string_view name) const {
    const size_t dot = name.rfind('.');
    if (dot == std::string_view::npos) return false;
    return (lists_videos(options_) && is_video_name(name)) ||
           std::ranges::find(extensions_, to_lower(name.substr(dot + 1))) != extensions_.end();
  }

  Status visit_entry(const std::string& path, const std::string& prefix, const DirectoryEntry& entry,
                     FrameKeys& frames) {
    // What has no image's name and cannot be looked at may be a folder, in which there may be images.
    const bool may_be_folder = entry.is_directory || (!entry.problem.empty() && !has_extension(entry.name));
    if (!may_be_folder && !has_extension(entry.name)) return {};
    const std::string key = prefix + entry.name;
    if (!may_be_folder && key <= options_.after) return {};
    if (!is_valid_utf8(entry.name)) {
      skip_(prefix + escaped(entry.name) + (may_be_folder ? "/" : ""), "its name is not UTF-8; rename it");
      return {};
    }
    if (entry.is_directory) {
      if (std::ranges::find(ancestors_, std::pair(entry.device, entry.inode)) == ancestors_.end()) {
        return folder(path + "/" + entry.name, key + "/", entry);
      }
      skip_(key + "/", "the folder contains itself through a link");
      return {};
    }
    if (entry.is_file) return is_of_that_time(entry) ? frames.visit_file(key) : Status();
    skip_(may_be_folder ? key + "/" : key, entry.problem.empty() ? "not a regular file" : entry.problem);
    return {};
  }

  const FolderOptions& options_;
  const FileSystem& files_;
  const std::vector<std::string_view> extensions_;
  const VideoFrames& videos_;
  const Source::Visit& visit_;
  const Source::Skip& skip_;
  int64_t came_ = 0;                                      // when the last of the folders on the way here was moved
  std::vector<std::pair<uint64_t, uint64_t>> ancestors_;  // device and inode of the folders on the way here
};

// The files that are called like frames of videos, and stand for them. Thread-safe. A bucket would have to be asked
// twice for each frame; of a folder in it, all such names are asked for at once, and kept while its frames are read.
class FrameFiles {
 public:
  explicit FrameFiles(const FileSystem& files) : files_(files) {}

  bool has(const std::string& path) const {
    if (!files_.is_remote(path)) return files_.exists(path);
    const size_t slash = path.rfind('/');
    return names_in(path.substr(0, slash)).get().contains(path.substr(slash + 1));
  }

 private:
  using Names = std::set<std::string>;
  struct Folder {
    std::string path;
    std::shared_future<Names> names;  // others that want them, too, wait
  };

  std::shared_future<Names> names_in(const std::string& folder) const {
    constexpr size_t kMostFolders = 4;
    std::promise<Names> asked;
    std::shared_future<Names> names = asked.get_future().share();
    {
      const std::lock_guard lock(mutex_);
      const auto known = std::ranges::find(folders_, folder, &Folder::path);
      if (known != folders_.end()) return known->names;
      if (folders_.size() == kMostFolders) folders_.pop_front();
      folders_.push_back({folder, names});
    }
    const auto entries =
        files_.list_wanted(folder, [](std::string_view name) { return parse_frame_name(name).has_value(); });
    Names found;
    if (entries) {
      for (const DirectoryEntry& entry : *entries) found.insert(entry.name);
    } else if (entries.error().code != ErrorCode::kNotFound) {
      const std::lock_guard lock(mutex_);  // that is for those who wait, and is asked again later
      std::erase_if(folders_, [&](const Folder& known) { return known.path == folder; });
    }
    asked.set_value(std::move(found));
    return names;
  }

  const FileSystem& files_;
  mutable std::mutex mutex_;
  mutable std::deque<Folder> folders_;  // the one asked for last at the end
};

class FolderSource final : public Source {
 public:
  FolderSource(std::string root, const FolderOptions& options)
      : root_(std::move(root)),
        options_(options),
        videos_(options.video, *options.file_system),
        frame_files_(*options.file_system) {}

  std::string description() const override { return root_; }
  bool is_remote() const override { return options_.file_system->is_remote(root_); }

  Status list(const Visit& visit, const Skip& skip) const override {
    PRETAG_ASSIGN(const DirectoryEntry self, options_.file_system->entry(root_));
    return Walk(options_, videos_, visit, skip).folder(root_, "", self);
  }

  Result<std::vector<std::byte>> read(const std::string& key) const override {
    if (!stays_inside(key)) return Error{ErrorCode::kInvalidArgument, "the name would leave the input folder"};
    const std::string path = root_ + "/" + key;
    if (const auto frame = frame_of(key)) {
      PRETAG_ASSIGN(const Image image, videos_.frame(root_ + "/" + frame->video, frame->index));
      return encode_png(image);
    }
    auto bytes = options_.file_system->read(path, options_.max_file_bytes);
    if (bytes) return bytes;
    if (bytes.error().code == ErrorCode::kNotFound) return Error{ErrorCode::kNotFound, "the file is gone"};
    return Error{bytes.error().code, reason_of(bytes.error(), path)};
  }

  Result<Picture> picture(const std::string& key, int64_t max_pixels) const override {
    const auto frame = stays_inside(key) ? frame_of(key) : std::nullopt;
    if (!frame) return Source::picture(key, max_pixels);
    PRETAG_ASSIGN(Image image, videos_.frame(root_ + "/" + frame->video, frame->index));
    const uint64_t bytes = image.rgb.size();
    return Picture{std::move(image), bytes};
  }

  std::optional<FrameTime> time_of(const std::string& key) const override {
    const auto frame = stays_inside(key) ? frame_of(key) : std::nullopt;
    if (!frame) return std::nullopt;
    const auto time = videos_.time_of(root_ + "/" + frame->video, frame->index);
    return time ? std::optional(*time) : std::nullopt;
  }

  // The frames of one video of this folder.
  Status list_frames(const std::string& video, const Visit& visit, const Skip& skip) const {
    FrameKeys frames(videos_, options_, visit, skip);
    PRETAG_TRY(frames.add(root_ + "/" + video, video));
    return frames.visit_rest();
  }

 private:
  std::optional<FrameName> frame_of(const std::string& key) const {
    auto frame = parse_frame_name(key);
    return frame && !frame_files_.has(root_ + "/" + key) ? frame : std::nullopt;
  }

  const std::string root_;
  const FolderOptions options_;
  const VideoFrames videos_;
  const FrameFiles frame_files_;
};

// A folder of which only one file matters.
class SingleFileSource final : public Source {
 public:
  SingleFileSource(std::string path, std::string folder, std::string key, const FolderOptions& options)
      : path_(std::move(path)),
        key_(std::move(key)),
        after_(options.after),
        shard_(options.shard),
        is_video_(lists_videos(options) && is_video_name(key_)),
        folder_(std::move(folder), options) {}

  std::string description() const override { return path_; }
  bool is_remote() const override { return folder_.is_remote(); }

  Status list(const Visit& visit, const Skip& skip) const override {
    if (is_valid_utf8(key_) && is_video_) return folder_.list_frames(key_, visit, skip);
    if (key_ <= after_ || !shard_.holds(key_)) return {};
    if (is_valid_utf8(key_)) return visit(key_);
    skip(escaped(key_), "its name is not UTF-8; rename it");
    return {};
  }

  Result<std::vector<std::byte>> read(const std::string& key) const override { return folder_.read(key); }
  Result<Picture> picture(const std::string& key, int64_t max_pixels) const override {
    return folder_.picture(key, max_pixels);
  }
  std::optional<FrameTime> time_of(const std::string& key) const override { return folder_.time_of(key); }

 private:
  const std::string path_, key_, after_;
  const Shard shard_;
  const bool is_video_;
  const FolderSource folder_;
};

std::string without_trailing_slashes(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

}  // namespace

std::span<const std::string_view> image_extensions() { return kImageExtensions; }

Result<std::unique_ptr<Source>> open_folder_source(const std::string& root, const FolderOptions& options) {
  const std::string path = without_trailing_slashes(root);
  PRETAG_ASSIGN(const DirectoryEntry entry, options.file_system->entry(path));
  if (entry.is_directory) {
    return std::unique_ptr<Source>(std::make_unique<FolderSource>(path, options));
  }
  if (!entry.is_file) return Error{ErrorCode::kIo, path + ": neither a folder nor a file"};
  const size_t slash = path.rfind('/');
  std::string folder = slash == std::string::npos ? "." : path.substr(0, std::max<size_t>(slash, 1));
  std::string key = slash == std::string::npos ? path : path.substr(slash + 1);
  return std::unique_ptr<Source>(std::make_unique<SingleFileSource>(path, std::move(folder), std::move(key), options));
}

}  // namespace pretag
