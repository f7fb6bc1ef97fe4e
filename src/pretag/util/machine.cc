#include "pretag/util/machine.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <vector>

#include "pretag/util/affinity.h"
#include "pretag/util/memory_nodes.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

// The first line of a small file of /proc or /sys; empty if there is none.
std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::optional<int64_t> number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

// "/a/b" -> "/a/b", "/a", "": a limit anywhere above binds as well. In a container without its own cgroup namespace
// the path is the host's and only the last one, the mount's root, exists.
std::vector<std::string> with_parents(std::string path) {
  std::vector<std::string> paths;
  while (!path.empty() && path != "/") {
    paths.push_back(path);
    path.erase(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
  }
  paths.emplace_back();
  return paths;
}

struct CgroupPaths {
  std::string unified, cpu, memory;  // v2; v1's two controllers
};

// /proc/self/cgroup has "0::/path" for v2 and "4:cpu,cpuacct:/path" for v1.
CgroupPaths cgroup_paths(const std::string& root) {
  CgroupPaths paths;
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string path = line.substr(second + 1);
    if (path.find("..") != std::string::npos) continue;  // outside of what this namespace sees
    const auto controllers = split(std::string_view(line).substr(first + 1, second - first - 1), ',');
    for (const std::string& controller : controllers) {
      if (controller.empty()) paths.unified = path;
      if (controller == "cpu") paths.cpu = path;
      if (controller == "memory") paths.memory = path;
    }
  }
  return paths;
}

// The tightest limit in cores, 0 without one.
double cpu_quota(const std::string& root, const CgroupPaths& paths) {
  double quota = std::numeric_limits<double>::infinity();
  const auto limit = [&](std::optional<int64_t> time, std::optional<int64_t> period) {
    if (time && period && *time > 0 && *period > 0) {
      quota = std::min(quota, static_cast<double>(*time) / static_cast<double>(*period));
    }
  };
  for (const std::string& path : with_parents(paths.unified)) {
    const auto words = split(first_line(root + "/sys/fs/cgroup" + path + "/cpu.max"), ' ');  // "max 100000"
    if (words.size() == 2) limit(number(words[0]), number(words[1]));
  }
  for (const std::string& path : with_parents(paths.cpu)) {
    const std::string folder = root + "/sys/fs/cgroup/cpu" + path;
    limit(number(first_line(folder + "/cpu.cfs_quota_us")), number(first_line(folder + "/cpu.cfs_period_us")));
  }
  return std::isinf(quota) ? 0 : quota;
}

// The tightest limit in bytes, 0 without one. v1 says "no limit" with a number near 2^63.
uint64_t memory_limit(const std::string& root, const CgroupPaths& paths) {
  constexpr int64_t kNoLimit = int64_t{1} << 60;
  int64_t least = kNoLimit;
  const auto limit = [&](const std::string& file) {
    if (const auto bytes = number(first_line(file)); bytes && *bytes > 0) least = std::min(least, *bytes);
  };
  for (const std::string& path : with_parents(paths.unified)) limit(root + "/sys/fs/cgroup" + path + "/memory.max");
  for (const std::string& path : with_parents(paths.memory)) {
    limit(root + "/sys/fs/cgroup/memory" + path + "/memory.limit_in_bytes");
  }
  return least == kNoLimit ? 0 : static_cast<uint64_t>(least);
}

// "MemTotal:  8000000 kB"
void read_meminfo(const std::string& root, MachineInfo& info) {
  std::ifstream file(root + "/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string key;
    uint64_t kib = 0;
    if (!(words >> key >> kib)) continue;
    if (key == "MemTotal:") info.memory_total = kib * 1024;
    if (key == "MemAvailable:") info.memory_available = kib * 1024;
  }
}

uint64_t resident_memory(const std::string& root) {
  const auto words = split(first_line(root + "/proc/self/statm"), ' ');  // total resident … in pages
  const auto pages = words.size() > 1 ? number(words[1]) : std::nullopt;
  return pages ? static_cast<uint64_t>(*pages) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace

uint64_t MachineInfo::memory_usable() const {
  if (memory_limit == 0) return memory_available;
  const uint64_t left = memory_limit - std::min(memory_limit, memory_used_by_us);
  return memory_available == 0 ? left : std::min(left, memory_available);
}

MachineInfo probe_machine(const std::string& root) {
  MachineInfo info;
  info.cores_online = std::max(1, static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN)));
  info.cores_allowed = std::max(1, static_cast<int>(allowed_cores().size()));
  info.memory_nodes = std::max(1, static_cast<int>(memory_nodes(root).size()));
  const CgroupPaths paths = cgroup_paths(root);
  info.cpu_quota = cpu_quota(root, paths);
  info.cores_available = info.cores_allowed;
  // Half a core more than a whole number is worth a thread; less would only be throttled.
  if (info.cpu_quota > 0) info.cores_available = std::min(info.cores_allowed, static_cast<int>(info.cpu_quota + 0.5));
  info.cores_available = std::max(1, info.cores_available);
  read_meminfo(root, info);
  info.memory_limit = memory_limit(root, paths);
  info.memory_used_by_us = resident_memory(root);
  return info;
}

int available_cores() { return probe_machine().cores_available; }

}  // namespace pretag
