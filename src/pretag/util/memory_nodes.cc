#include "pretag/util/memory_nodes.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "pretag/util/affinity.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

// "node3" -> 3; -1: not a node.
int node_number(const std::string& name) {
  int number = -1;
  if (!name.starts_with("node")) return -1;
  const auto [end, error] = std::from_chars(name.data() + 4, name.data() + name.size(), number);
  return error == std::errc() && end == name.data() + name.size() ? number : -1;
}

// Those of `allowed` that are in a list as Linux writes it: "0-3,8,10-11".
std::vector<int> listed(const std::string& list, const std::vector<int>& allowed) {
  std::vector<int> cores;
  for (const std::string& range : split(list, ',')) {
    const char* const end = range.data() + range.size();
    int first = 0, last = 0;
    const auto [dash, error] = std::from_chars(range.data(), end, first);
    if (error != std::errc()) continue;
    last = first;
    if (dash != end && *dash == '-' && std::from_chars(dash + 1, end, last).ec != std::errc()) continue;
    const auto begin = std::ranges::lower_bound(allowed, first);
    const auto behind = std::ranges::upper_bound(allowed, last);
    if (begin < behind) cores.insert(cores.end(), begin, behind);
  }
  std::ranges::sort(cores);
  return cores;
}

}  // namespace

std::vector<std::vector<int>> memory_nodes(const std::string& root) {
  const std::vector<int> allowed = allowed_cores();
  std::map<int, std::vector<int>> nodes;
  std::error_code failed;
  std::filesystem::directory_iterator entry(root + "/sys/devices/system/node", failed);
  for (; !failed && entry != std::filesystem::directory_iterator(); entry.increment(failed)) {
    const int number = node_number(entry->path().filename().string());
    if (number < 0) continue;
    std::ifstream file(entry->path() / "cpulist");
    std::string list;
    std::getline(file, list);
    if (auto cores = listed(list, allowed); !cores.empty()) nodes[number] = std::move(cores);
  }
  std::vector<std::vector<int>> result;
  for (auto& [number, cores] : nodes) result.push_back(std::move(cores));
  return result;
}

ThreadSpread::ThreadSpread(int threads, std::vector<std::vector<int>> nodes) {
  std::vector<size_t> node_of_core;
  for (size_t node = 0; node < nodes.size(); ++node) node_of_core.insert(node_of_core.end(), nodes[node].size(), node);
  if (nodes.size() < 2 || threads < std::ssize(node_of_core)) return;
  nodes_ = std::move(nodes);
  node_of_core_ = std::move(node_of_core);
}

std::vector<int> ThreadSpread::cores_of(int index) const {
  if (nodes_.empty()) return {};
  return nodes_[node_of_core_[static_cast<size_t>(index) % node_of_core_.size()]];
}

void ThreadSpread::place(int index) const {
  if (const std::vector<int> cores = cores_of(index); !cores.empty()) allow_cores(cores);
}

}  // namespace pretag
