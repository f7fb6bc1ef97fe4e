// What computes the network: the processor or a GPU, as configurations name them.
#pragma once

#include <algorithm>
#include <string_view>

namespace pretag {

inline constexpr std::string_view kCpuDevice = "cpu", kGpuDevice = "gpu", kAllGpus = "gpus", kAutoDevice = "auto";

// "gpu:1"; "opencl:0" of what OpenCL can use and is no GPU.
constexpr bool is_numbered_device(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view kind = text.substr(0, colon), number = text.substr(colon + 1);
  const bool is_short = !number.empty() && number.size() <= 3 && (number == "0" || number.front() != '0');
  return (kind == kGpuDevice || kind == "opencl") && is_short &&
         std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; });
}

// "cpu"; "gpu", the first one; "gpus", all of them; "auto", a GPU if there is one; or some of those that `pretag
// doctor` lists, with commas between them.
constexpr bool is_device_name(std::string_view text) {
  if (text == kCpuDevice || text == kGpuDevice || text == kAllGpus || text == kAutoDevice) return true;
  for (;;) {
    const size_t comma = text.find(',');
    if (!is_numbered_device(text.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace pretag
