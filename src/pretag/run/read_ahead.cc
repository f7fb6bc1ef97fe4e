#include "pretag/run/read_ahead.h"

#include <fmt/format.h>

#include <mutex>

#include "pretag/util/parallel.h"

namespace pretag {
namespace {

constexpr size_t kAtOnce = 16;
// Of a file, so that a fetch of a thousand files stays small; larger ones are read when they are asked for.
constexpr size_t kMostBytes = size_t{256} << 10;

Error only_to_read(const std::string& path) { return {ErrorCode::kInternal, path + ": is only to be read"}; }

}  // namespace

void ReadAhead::fetch(const std::vector<std::string>& paths) {
  fetched_.clear();
  std::mutex mutex;
  // Its errors are kept for whoever reads the file.
  (void)for_each_index(paths.size(), kAtOnce, [&](size_t i) -> Status {
    auto bytes = files_.read(paths[i], kMostBytes);
    if (!bytes && bytes.error().code == ErrorCode::kUnsupported) return {};
    const bool is_of_all = !bytes && bytes.error().code != ErrorCode::kNotFound;
    Status status = is_of_all ? Status(bytes.error()) : Status();
    const std::scoped_lock lock(mutex);
    fetched_.insert_or_assign(paths[i], std::move(bytes));
    return status;
  });
}

Result<std::vector<std::byte>> ReadAhead::read(const std::string& path, size_t max_bytes) const {
  const auto known = fetched_.find(path);
  if (known == fetched_.end()) return files_.read(path, max_bytes);
  if (!known->second || known->second->size() <= max_bytes) return known->second;
  return Error{ErrorCode::kUnsupported,
               fmt::format("{}: {} bytes, more than the limit of {}", path, known->second->size(), max_bytes)};
}

Status ReadAhead::write_atomically(const std::string& path, std::string_view) { return only_to_read(path); }
Status ReadAhead::stream_atomically(const std::string& path, const std::function<Status(const Sink&)>&) {
  return only_to_read(path);
}
Status ReadAhead::make_directories(const std::string& path) { return only_to_read(path); }
Result<bool> ReadAhead::remove(const std::string& path) { return only_to_read(path); }

}  // namespace pretag
