#include "pretag/run/run_inputs.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "pretag/io/file_system.h"
#include "pretag/run/run_folder.h"
#include "pretag/run/run_identity.h"
#include "pretag/source/folder_source.h"
#include "pretag/source/relevant_filenames.h"
#include "pretag/util/clock.h"

namespace pretag {
namespace {

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Result<RelevantFilenames> read_relevant_filenames(const RunRequest& request, FileSystem& files) {
  constexpr size_t kMostBytes = size_t{1} << 30;
  const std::string& name = request.config.relevant_filenames_file;
  constexpr std::string_view kLightly = ".lightly/";
  const bool names_folder = name.starts_with(kLightly);
  const std::string in_lightly =
      lightly_folder_of(request, files) + "/" + name.substr(names_folder ? kLightly.size() : 0);
  const std::string path = files.exists(name) ? name : in_lightly;
  if (!files.exists(path)) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("relevant_filenames_file: there is neither {} nor {}", name, in_lightly)};
  }
  PRETAG_ASSIGN(const auto bytes, files.read(path, kMostBytes));
  return parse_relevant_filenames(text_of(bytes), path);
}

VideoOptions video_options(int64_t max_image_pixels, double corruption_threshold) {
  VideoOptions options{.corruption_threshold = corruption_threshold};
  options.max_pixels = std::min(options.max_pixels, max_image_pixels);
  return options;
}

const char* words_for(Pictures pictures) {
  switch (pictures) {
    case Pictures::kImages:
      return "images (for videos make a dataset of type Videos)";
    case Pictures::kVideoFrames:
      return "videos";
    case Pictures::kBoth:
      break;
  }
  return "images or videos";
}

// Knows the run folders below the input, by their ledgers: pictures that a run has drawn are not inputs.
class RunFolders {
 public:
  RunFolders(const FileSystem& files, const RunRequest& request, ProgressSink& progress)
      : files_(files), request_(request), progress_(progress) {}

  // Keys come in byte order, so most are in the folder of the one before.
  bool hold(const std::string& key) {
    const size_t slash = key.rfind('/');
    std::string folder = slash == std::string::npos ? "" : key.substr(0, slash + 1);
    if (folder != last_folder_) {
      last_answer_ = is_below_ledger(folder);
      last_folder_ = std::move(folder);
    }
    return last_answer_;
  }

 private:
  // `folder` ends with '/', or is empty for the input itself, which somebody named.
  bool is_below_ledger(const std::string& folder) {
    // The folders that the last one was in, too, hold none, or it would have been below it.
    const auto apart = std::ranges::mismatch(folder, last_folder_).in1;
    const size_t known = last_answer_ ? 0 : static_cast<size_t>(apart - folder.begin());
    for (size_t slash = folder.find('/'); slash != std::string::npos; slash = folder.find('/', slash + 1)) {
      const std::string candidate = request_.input + "/" + folder.substr(0, slash);
      if (slash < known || !files_.exists(candidate + "/" + kLedgerFile)) continue;
      tell_once(candidate);
      return true;
    }
    return false;
  }

  void tell_once(const std::string& run_folder) {
    if (!told_.insert(run_folder).second || is_this_run(run_folder)) return;
    progress_.info(fmt::format("{}: passed over, it holds the outputs of another run", run_folder));
  }

  // Or one of its shards.
  bool is_this_run(const std::string& run_folder) const {
    return (files_.canonical(run_folder) + '/').starts_with(files_.canonical(request_.run_folder) + '/');
  }

  const FileSystem& files_;
  const RunRequest& request_;
  ProgressSink& progress_;
  std::string last_folder_;
  bool last_answer_ = false;
  std::set<std::string> told_;
};

}  // namespace

std::string named_input(std::string text) {
  while (text.size() > 1 && text.ends_with('/') && !text.ends_with("://")) text.pop_back();
  return text;
}

Result<std::unique_ptr<Source>> open_input(const RunRequest& request, FileSystem& files) {
  const RunConfig& config = request.config;
  FolderOptions options{.max_file_bytes = static_cast<size_t>(config.max_image_bytes),
                        .file_system = &files,
                        .pictures = request.pictures,
                        .modified_from = request.modified_from,
                        .video = video_options(config.max_image_pixels, config.corruption_threshold),
                        .trust_frame_count = config.use_frame_count_metadata,
                        .shard = request.shard.value_or(Shard{})};
  if (config.relevant_filenames_file.empty()) return open_folder_source(request.input, options);
  PRETAG_ASSIGN(auto relevant, read_relevant_filenames(request, files));
  options.wants_video = [relevant](const std::string& key) { return relevant.may_match_frames_of(key); };
  PRETAG_ASSIGN(auto source, open_folder_source(request.input, options));
  // What the list names besides may be older, and was read by an earlier run.
  const bool tells_missing = request.modified_from == INT64_MIN;
  return filter_source(std::move(source), std::move(relevant), options.shard, tells_missing);
}

Result<std::unique_ptr<Source>> reopen_input(const Ledger& ledger, FileSystem& files, int64_t max_image_bytes,
                                             int64_t max_image_pixels) {
  PRETAG_ASSIGN(const auto input, ledger.fact(kInputFolderFact));
  // A frame that the run has used is good enough.
  constexpr double kAnyCorruption = 1;
  return open_folder_source(input.value_or(""), {.max_file_bytes = static_cast<size_t>(max_image_bytes),
                                                 .file_system = &files,
                                                 .video = video_options(max_image_pixels, kAnyCorruption)});
}

Status list_inputs(const Source& source, const RunRequest& request, const FileSystem& files, Ledger& ledger,
                   ProgressSink& progress, const std::atomic<bool>& cancel) {
  constexpr size_t kBatch = 10'000;
  RunFolders run_folders(files, request, progress);
  std::vector<std::string> batch;
  std::vector<ImageFailure> skipped;
  int64_t listed = 0;
  double told_at = steady_clock().seconds();
  PRETAG_TRY(source.list(
      [&](const std::string& key) -> Status {
        if (cancel) return Error{ErrorCode::kCancelled, "stopped while the input was listed"};
        if (run_folders.hold(key)) return {};
        ++listed;
        constexpr double kTellSeconds = 10;  // a slow disk, or long videos, whose frames are counted
        if (steady_clock().seconds() - told_at >= kTellSeconds) {
          progress.info(fmt::format("Listing the input: {} images so far", listed));
          told_at = steady_clock().seconds();
        }
        batch.push_back(key);
        if (batch.size() < kBatch) return {};
        PRETAG_TRY(ledger.add_inputs(batch));
        batch.clear();
        return {};
      },
      [&](const std::string& key, const std::string& reason) {
        progress.warning(fmt::format("{}: {}", key, reason));
        skipped.push_back({key, reason});
      }));
  PRETAG_TRY(ledger.add_inputs(batch));
  // Results are never thrown away, as a folder may only be away for a while.
  PRETAG_ASSIGN(const LedgerCounts counts, ledger.counts());
  if (const int64_t gone = counts.total() - listed; gone > 0) {
    progress.warning(
        fmt::format("{} images of an earlier part of this run are no longer in the input; what was found in "
                    "them stays in the results: use another output folder for results without them",
                    gone));
  }
  if (!skipped.empty()) PRETAG_TRY(ledger.record_unopened(skipped));
  if (listed == 0 && skipped.empty() && !request.shard) {  // with few images, a shard may have none
    const std::string since = request.modified_from == INT64_MIN
                                  ? ""
                                  : fmt::format(" that came after {:%Y-%m-%d %H:%M:%S} UTC",
                                                fmt::gmtime(static_cast<time_t>(request.modified_from - 1)));
    return Error{ErrorCode::kNotFound,
                 fmt::format("{}: no {}{} found", source.description(), words_for(request.pictures), since)};
  }
  return {};
}

std::string lightly_folder_of(const RunRequest& request, const FileSystem& files) {
  return request.lightly_folder.empty() ? lightly_folder_beside(request.input, files) : request.lightly_folder;
}

std::string lightly_folder_beside(const std::string& input, const FileSystem& files) {
  const auto entry = files.entry(input);
  if (!entry || entry->is_directory) return input + "/.lightly";
  const size_t slash = input.rfind('/');
  return (slash == std::string::npos ? "" : input.substr(0, slash + 1)) + ".lightly";
}

std::string input_place(const std::string& input, const FileSystem& files) {
  const auto entry = files.entry(input);
  if (!entry || entry->is_directory) return files.canonical(input);
  const size_t slash = input.rfind('/');
  if (slash == std::string::npos) return files.canonical(".") + "/" + input;
  const std::string folder = files.canonical(input.substr(0, std::max<size_t>(slash, 1)));
  return (folder == "/" ? "" : folder) + input.substr(slash);
}

}  // namespace pretag
