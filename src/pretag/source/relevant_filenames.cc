#include "pretag/source/relevant_filenames.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pretag/data/frame_name.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr size_t kMaxPatternBytes = 1024, kMaxPatternsPerLine = 1000;

// Why a path cannot be relative to the input root; empty if it can.
std::string_view fault_of(std::string_view path) {
  if (!is_valid_utf8(path)) return "is not UTF-8";
  if (path.starts_with('/')) return "begins with '/'; paths are relative to the input";
  for (const std::string& part : split(path, '/')) {
    if (part == "." || part == "..") return "contains './' or '../'; paths are relative to the input";
  }
  return {};
}

Result<std::vector<GitignorePattern>> parse_patterns(std::string_view text) {
  std::vector<GitignorePattern> patterns;
  while (!(text = trim(text)).empty()) {
    const std::string_view pattern = text.substr(0, text.find_first_of(" \t"));
    if (pattern.size() > kMaxPatternBytes || patterns.size() == kMaxPatternsPerLine) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("a line may have {} patterns of up to {} bytes", kMaxPatternsPerLine, kMaxPatternBytes)};
    }
    patterns.emplace_back(pattern);
    text.remove_prefix(pattern.size());
  }
  return patterns;
}

// "subdir/* patterns …", split at its first '*'.
Result<RelevantFilenames::Prefix> parse_prefix(std::string_view line) {
  const size_t star = line.find('*');
  const size_t space = std::min(line.find_first_of(" \t", star), line.size());
  PRETAG_ASSIGN(auto exclusions, parse_patterns(line.substr(space)));
  return RelevantFilenames::Prefix{.prefix = std::string(line.substr(0, star)), .exclusions = std::move(exclusions)};
}

bool excludes(const RelevantFilenames::Prefix& line, std::string_view path) {
  const auto decisive = std::find_if(line.exclusions.rbegin(), line.exclusions.rend(),
                                     [&](const GitignorePattern& pattern) { return pattern.matches(path); });
  return decisive != line.exclusions.rend() && !decisive->negated();
}

bool includes(const RelevantFilenames::Prefix& line, std::string_view path) {
  return path.starts_with(line.prefix) && !excludes(line, path);
}

// As a file of its own, or as a part of the video.
bool includes_frame(const RelevantFilenames::Prefix& line, std::string_view frame, std::string_view video) {
  return (frame.starts_with(line.prefix) || video.starts_with(line.prefix)) && !excludes(line, frame) &&
         !excludes(line, video);
}

class FilteredSource final : public Source {
 public:
  FilteredSource(std::unique_ptr<Source> source, RelevantFilenames relevant, Shard shard, bool tells_missing)
      : source_(std::move(source)), relevant_(std::move(relevant)), shard_(shard), tells_missing_(tells_missing) {}

  std::string description() const override { return source_->description(); }
  bool is_remote() const override { return source_->is_remote(); }

  Status list(const Visit& visit, const Skip& skip) const override {
    std::vector<bool> met(relevant_.names().size());
    const auto tick_off = [&](std::string_view name) {
      const auto found = std::ranges::lower_bound(relevant_.names(), name);
      if (found != relevant_.names().end() && *found == name)
        met[static_cast<size_t>(found - relevant_.names().begin())] = true;
    };
    PRETAG_TRY(source_->list(
        [&](const std::string& key) -> Status {
          if (!relevant_.matches(key)) return {};
          tick_off(key);
          if (const auto frame = parse_frame_name(key)) tick_off(frame->video);
          return visit(key);
        },
        [&](const std::string& key, const std::string& reason) {
          tick_off(key);
          // A skipped folder concerns the run whatever the list says of single files.
          if (key.ends_with('/') || relevant_.matches(key)) skip(key, reason);
        }));
    for (size_t i = 0; tells_missing_ && i < met.size(); ++i) {
      const std::string& name = relevant_.names()[i];
      if (!met[i] && shard_.holds(name)) skip(name, kNotInInput);
    }
    return {};
  }

  Result<std::vector<std::byte>> read(const std::string& key) const override {
    if (!relevant_.matches(key)) return Error{ErrorCode::kNotFound, "it is not listed as relevant"};
    return source_->read(key);
  }

  Result<Picture> picture(const std::string& key, int64_t max_pixels) const override {
    if (!relevant_.matches(key)) return Error{ErrorCode::kNotFound, "it is not listed as relevant"};
    return source_->picture(key, max_pixels);
  }

  std::optional<FrameTime> time_of(const std::string& key) const override { return source_->time_of(key); }

 private:
  const std::unique_ptr<Source> source_;
  const RelevantFilenames relevant_;
  const Shard shard_;
  const bool tells_missing_;
};

}  // namespace

RelevantFilenames::RelevantFilenames(std::vector<std::string> names, std::vector<Prefix> prefixes)
    : names_(std::move(names)), prefixes_(std::move(prefixes)) {
  std::ranges::sort(names_);
  names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
}

bool RelevantFilenames::matches(std::string_view key) const {
  const auto frame = parse_frame_name(key);
  if (is_named(key) || (frame && is_named(frame->video))) return true;
  return std::ranges::any_of(prefixes_, [&](const Prefix& line) {
    return frame ? includes_frame(line, key, frame->video) : includes(line, key);
  });
}

bool RelevantFilenames::is_named(std::string_view key) const { return std::ranges::binary_search(names_, key); }

bool RelevantFilenames::may_match_frames_of(std::string_view video) const {
  const std::string frames = frame_name_prefix(video);
  const auto name = std::ranges::lower_bound(names_, frames);
  if (is_named(video) || (name != names_.end() && name->starts_with(frames))) return true;
  return std::ranges::any_of(prefixes_, [&](const Prefix& line) {
    const bool within = line.prefix.starts_with(frames) || frames.starts_with(line.prefix);
    return (within || video.starts_with(line.prefix)) && !excludes(line, video);
  });
}

Result<RelevantFilenames> parse_relevant_filenames(std::string_view text, const std::string& name) {
  text = without_byte_order_mark(text);
  std::vector<std::string> names;
  std::vector<RelevantFilenames::Prefix> prefixes;
  size_t number = 0;
  for (const std::string& raw_line : split(text, '\n')) {
    ++number;
    const std::string_view line = trim(raw_line);
    const std::string_view path = line.substr(0, line.find('*'));
    const std::string where = fmt::format("{}, line {}", name, number);
    if (const auto fault = fault_of(path); !fault.empty()) {
      return Error{ErrorCode::kInvalidArgument, fmt::format("{}: the path {}", where, fault)};
    }
    if (line.empty()) continue;
    if (path.size() == line.size()) {
      names.emplace_back(path);
      continue;
    }
    auto prefix = parse_prefix(line);
    if (!prefix) return prefix.error().in(where);
    prefixes.push_back(*std::move(prefix));
  }
  return RelevantFilenames(std::move(names), std::move(prefixes));
}

std::unique_ptr<Source> filter_source(std::unique_ptr<Source> source, RelevantFilenames relevant, Shard shard,
                                      bool tells_missing) {
  return std::make_unique<FilteredSource>(std::move(source), std::move(relevant), shard, tells_missing);
}

}  // namespace pretag
