#include "pretag/nn/torch_archive.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "pretag/nn/torch_tensors.h"
#include "pretag/nn/zip_archive.h"

namespace pretag {

namespace {

// A detector's pickle has some hundred kilobytes.
constexpr uint64_t kMaxPickleBytes = 16 << 20;
// Deflated storages must be unpacked into memory; no model that runs here comes near.
constexpr uint64_t kMaxInflatedBytes = uint64_t{4} << 30;
constexpr std::string_view kPickleName = "/data.pkl";

// Everything that the tensors may point into.
struct ArchiveStorage {
  std::shared_ptr<const void> file;
  std::map<std::string, ZipContent> contents;  // by storage key
  std::vector<std::vector<std::byte>> gathered;
  uint64_t inflated_bytes = 0;
};

// "<name>/" of the archive, found by its "<name>/data.pkl".
Result<std::string> top_folder(const ZipArchive& archive) {
  for (const auto& [name, entry] : archive.entries()) {
    const std::string_view view = name;
    if (!view.ends_with(kPickleName) || view.find('/') != view.size() - kPickleName.size()) continue;
    const std::string folder(view.substr(0, view.find('/') + 1));
    if (archive.entries().contains(folder + "constants.pkl")) {
      return Error{ErrorCode::kUnsupported,
                   "is a TorchScript program; save the model's weights instead: torch.save(model.state_dict(), file)"};
    }
    return folder;
  }
  return Error{ErrorCode::kCorrupt, "is a zip archive, but not one that torch.save wrote (it has no data.pkl)"};
}

Status check_byte_order(const ZipArchive& archive, const std::string& folder) {
  const std::string name = folder + "byteorder";  // since PyTorch 2.1; before, files were the machine's
  if (!archive.entries().contains(name)) return {};
  PRETAG_ASSIGN(const ZipContent order, archive.read(name, 16));
  if (std::string_view(reinterpret_cast<const char*>(order.bytes.data()), order.bytes.size()) == "little") return {};
  return Error{ErrorCode::kUnsupported, "comes from a big-endian machine; save it again on a little-endian one"};
}

Result<std::span<const std::byte>> storage_bytes(const ZipArchive& archive, const std::string& folder,
                                                 const TorchStorage& storage, ArchiveStorage& kept) {
  auto found = kept.contents.find(storage.key);
  if (found == kept.contents.end()) {
    const std::string name = folder + "data/" + storage.key;
    const auto entry = archive.entries().find(name);
    const bool is_packed = entry != archive.entries().end() && entry->second.is_packed();
    if (is_packed && entry->second.size > kMaxInflatedBytes - kept.inflated_bytes) {
      return Error{ErrorCode::kUnsupported, "unpacks to more than 4 GiB; save it uncompressed"};
    }
    PRETAG_ASSIGN(ZipContent content, archive.read(name, storage.size()));
    kept.inflated_bytes += content.inflated.size();
    found = kept.contents.emplace(storage.key, std::move(content)).first;
  }
  if (found->second.bytes.size() != storage.size()) {
    return Error{ErrorCode::kCorrupt, fmt::format("storage '{}' has {} bytes where the pickle says {}", storage.key,
                                                  found->second.bytes.size(), storage.size())};
  }
  return found->second.bytes;
}

}  // namespace

bool looks_like_torch_archive(std::span<const std::byte> bytes) {
  return bytes.size() >= 4 && std::string_view(reinterpret_cast<const char*>(bytes.data()), 4) == "PK\x03\x04";
}

Result<WeightFile> parse_torch_archive(std::span<const std::byte> bytes, std::shared_ptr<const void> storage) {
  PRETAG_ASSIGN(const ZipArchive archive, ZipArchive::open(bytes));
  PRETAG_ASSIGN(const std::string folder, top_folder(archive));
  PRETAG_TRY(check_byte_order(archive, folder));
  PRETAG_ASSIGN(const ZipContent content, archive.read(folder + "data.pkl", kMaxPickleBytes));
  PRETAG_ASSIGN(const Pickle pickle, parse_pickle(content.bytes, torch_globals()));

  auto kept = std::make_shared<ArchiveStorage>();
  kept->file = std::move(storage);
  const StorageReader reader = [&](const TorchStorage& wanted) {
    return storage_bytes(archive, folder, wanted, *kept);
  };
  PRETAG_ASSIGN(TorchTensors state, read_state_dict(pickle, reader));
  kept->gathered = std::move(state.gathered);
  return WeightFile(std::move(state.tensors), {}, std::move(kept));
}

}  // namespace pretag
