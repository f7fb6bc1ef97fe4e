// What computes the network: the processor or a GPU, as configurations name them.
#pragma once

#include <algorithm>
#include <string_view>

namespace pretag {

inline constexpr std::string_view kCpuDevice = "cpu", kGpuDevice = "gpu", kAutoDevice = "auto";

// "cpu"; "gpu", the first one; "auto", a GPU if there is one; or one of those that `pretag doctor` lists: "gpu:1", and
// "opencl:0" of what OpenCL can use and is no GPU.
constexpr bool is_device_name(std::string_view text) {
  if (text == kCpuDevice || text == kGpuDevice || text == kAutoDevice) return true;
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view kind = text.substr(0, colon), number = text.substr(colon + 1);
  return (kind == kGpuDevice || kind == "opencl") && !number.empty() && number.size() <= 3 &&
         std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace pretag
