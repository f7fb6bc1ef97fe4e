#include "support/memory_file_system.h"

#include <algorithm>

namespace pretag {
namespace {

Error missing(const std::string& path) { return {ErrorCode::kNotFound, path + ": No such file or directory"}; }

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

void MemoryFileSystem::add(const std::string& path, std::string_view bytes) {
  std::scoped_lock lock(mutex_);
  add_parents(path);
  put(path, false).bytes = bytes;
}

void MemoryFileSystem::link_directory(const std::string& path, const std::string& target) {
  std::scoped_lock lock(mutex_);
  add_parents(path);
  links_[path] = target;
}

Result<bool> MemoryFileSystem::remove(const std::string& path) {
  std::scoped_lock lock(mutex_);
  return nodes_.erase(path) > 0;
}

std::string MemoryFileSystem::text(const std::string& path) const {
  std::scoped_lock lock(mutex_);
  const auto found = nodes_.find(resolve(path));
  return found == nodes_.end() ? "" : found->second.bytes;
}

Result<std::vector<std::byte>> MemoryFileSystem::read(const std::string& path, size_t max_bytes) const {
  std::scoped_lock lock(mutex_);
  const auto found = nodes_.find(resolve(path));
  if (found == nodes_.end()) return missing(path);
  const std::string& bytes = found->second.bytes;
  if (found->second.is_directory) return Error{ErrorCode::kIo, path + ": not a regular file"};
  if (bytes.size() > max_bytes) return Error{ErrorCode::kUnsupported, path + ": more than the limit"};
  const auto* first = reinterpret_cast<const std::byte*>(bytes.data());
  return std::vector<std::byte>(first, first + bytes.size());
}

Status MemoryFileSystem::write_atomically(const std::string& path, std::string_view bytes) {
  return stream_atomically(path, [&](const Sink& sink) { return sink(bytes); });
}

Status MemoryFileSystem::stream_atomically(const std::string& path, const std::function<Status(const Sink&)>& produce) {
  std::string content;
  PRETAG_TRY(produce([&](std::string_view piece) -> Status {
    content += piece;
    return {};
  }));
  std::scoped_lock lock(mutex_);
  const std::string target = resolve(path);
  const std::string parent = parent_of(target);
  if (!parent.empty() && !nodes_.contains(parent)) return missing(path);
  put(target, false).bytes = std::move(content);
  return {};
}

Result<std::vector<DirectoryEntry>> MemoryFileSystem::list(const std::string& directory) const {
  std::scoped_lock lock(mutex_);
  const std::string folder = resolve(directory);
  const auto self = nodes_.find(folder);
  if (self == nodes_.end() || !self->second.is_directory) return missing(directory);
  std::vector<DirectoryEntry> entries;
  for (const auto& [path, node] : nodes_) {
    if (path != folder && parent_of(path) == folder) entries.push_back(to_entry(name_of(path), node));
  }
  for (const auto& [path, target] : links_) {
    const auto found = nodes_.find(resolve(target));
    if (parent_of(path) == folder && found != nodes_.end()) entries.push_back(to_entry(name_of(path), found->second));
  }
  std::ranges::sort(entries, {}, &DirectoryEntry::name);
  return entries;
}

Result<DirectoryEntry> MemoryFileSystem::entry(const std::string& path) const {
  std::scoped_lock lock(mutex_);
  const auto found = nodes_.find(resolve(path));
  if (found == nodes_.end()) return missing(path);
  return to_entry(name_of(path), found->second);
}

Status MemoryFileSystem::make_directories(const std::string& path) {
  std::scoped_lock lock(mutex_);
  add_parents(path + "/");
  return {};
}

bool MemoryFileSystem::exists(const std::string& path) const {
  std::scoped_lock lock(mutex_);
  return nodes_.contains(resolve(path));
}

void MemoryFileSystem::add_parents(const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    const std::string folder = path.substr(0, slash);
    if (!nodes_.contains(folder)) put(folder, true);
  }
}

MemoryFileSystem::Node& MemoryFileSystem::put(const std::string& path, bool is_directory) {
  Node& node = nodes_[path];
  node = {.is_directory = is_directory, .inode = next_inode_++, .bytes = {}};
  return node;
}

// Replaces linked folders at the front of `path` until none is left. A link to itself gives a path that is not there.
std::string MemoryFileSystem::resolve(const std::string& path) const {
  std::string resolved = path;
  for (int step = 0; step < 40; ++step) {
    const auto link = std::ranges::find_if(
        links_, [&](const auto& entry) { return resolved == entry.first || resolved.starts_with(entry.first + "/"); });
    if (link == links_.end()) return resolved;
    resolved = link->second + resolved.substr(link->first.size());
  }
  return "\n";
}

DirectoryEntry MemoryFileSystem::to_entry(const std::string& name, const Node& node) {
  return {
      .name = name, .is_directory = node.is_directory, .is_file = !node.is_directory, .device = 1, .inode = node.inode};
}

}  // namespace pretag
