#include "pretag/data/frame_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "pretag/util/strings.h"

namespace pretag {
namespace {

using namespace std::string_view_literals;

constexpr std::array kVideoExtensions = {"mp4"sv, "m4v"sv,  "mov"sv, "avi"sv, "mkv"sv,  "webm"sv,
                                         "mpg"sv, "mpeg"sv, "ts"sv,  "mts"sv, "m2ts"sv, "3gp"sv,
                                         "flv"sv, "wmv"sv,  "asf"sv, "ogv"sv, "mxf"sv};

// "sub/video_1" and "mp4"; the extension is empty if there is none.
std::pair<std::string_view, std::string_view> split_extension(std::string_view key) {
  const size_t dot = key.rfind('.'), slash = key.rfind('/');
  if (dot == std::string_view::npos || (slash != std::string_view::npos && dot < slash)) return {key, {}};
  return {key.substr(0, dot), key.substr(dot + 1)};
}

}  // namespace

std::span<const std::string_view> video_extensions() { return kVideoExtensions; }

bool is_video_name(std::string_view key) {
  return std::ranges::find(kVideoExtensions, to_lower(split_extension(key).second)) != kVideoExtensions.end();
}

std::string frame_name_prefix(std::string_view video) { return fmt::format("{}-", split_extension(video).first); }

std::string frame_name(std::string_view video, int64_t index, int64_t frames) {
  const auto [stem, extension] = split_extension(video);
  return fmt::format("{}-{:0{}}-{}.png", stem, index, std::to_string(frames).size(), extension);
}

std::optional<FrameName> parse_frame_name(std::string_view key) {
  constexpr std::string_view kPng = ".png";
  if (!key.ends_with(kPng)) return std::nullopt;
  key.remove_suffix(kPng.size());
  const size_t before_extension = key.rfind('-');
  if (before_extension == std::string_view::npos || before_extension == 0) return std::nullopt;
  const size_t before_digits = key.rfind('-', before_extension - 1);
  if (before_digits == std::string_view::npos) return std::nullopt;
  const std::string_view digits = key.substr(before_digits + 1, before_extension - before_digits - 1);
  constexpr size_t kMostDigits = 18;
  FrameName name;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), name.index);
  const bool all_digits = !digits.empty() && digits.size() <= kMostDigits && digits.front() != '-' &&
                          parsed.ptr == digits.data() + digits.size();
  name.video = fmt::format("{}.{}", key.substr(0, before_digits), key.substr(before_extension + 1));
  if (!all_digits || !is_video_name(name.video)) return std::nullopt;
  return name;
}

}  // namespace pretag
