#include "pretag/nn/torch_legacy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "pretag/nn/byte_reader.h"
#include "pretag/nn/torch_tensors.h"

namespace pretag {

namespace {

using Kind = PickleValue::Kind;

// pickle.dumps(0x1950a86a20f9469cfc6c, protocol=2)
constexpr std::array<uint8_t, 15> kMagic = {0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46,
                                            0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E};
constexpr int64_t kProtocolVersion = 1001;

Error corrupt(std::string message) { return {ErrorCode::kCorrupt, std::move(message)}; }

Result<Pickle> next_pickle(ByteReader& reader, std::span<const std::byte> bytes) {
  PRETAG_ASSIGN(Pickle pickle, parse_pickle(bytes.subspan(reader.position()), torch_globals()));
  (void)reader.take(pickle.size);
  return pickle;
}

Status check_system(const Pickle& version, const Pickle& system) {
  if (version.top().kind != Kind::kInt || version.top().integer != kProtocolVersion) {
    return Error{ErrorCode::kUnsupported,
                 "is an unknown variant of PyTorch's old format; save it again with torch.save"};
  }
  const PickleValue* little_endian = system.find(system.top(), "little_endian");
  if (little_endian == nullptr || little_endian->integer != 1) {
    return Error{ErrorCode::kUnsupported, "comes from a big-endian machine; save it again on a little-endian one"};
  }
  return {};
}

// Every storage that the object refers to, by key.
Result<std::map<std::string, TorchStorage>> described_storages(const Pickle& object) {
  std::map<std::string, TorchStorage> storages;
  for (const PickleValue& value : object.values) {
    if (value.kind != Kind::kPersistent) continue;
    PRETAG_ASSIGN(TorchStorage storage, torch_storage(object, value));
    std::string key = storage.key;
    const auto [at, is_new] = storages.try_emplace(std::move(key), storage);
    if (!is_new && (at->second.type != storage.type || at->second.count != storage.count)) {
      return corrupt(fmt::format("storage '{}' is described in two ways", storage.key));
    }
  }
  return storages;
}

using StorageBytes = std::map<std::string, std::span<const std::byte>>;

// Each storage: its number of elements (int64), then the elements.
Result<StorageBytes> read_storages(ByteReader& reader, const Pickle& keys,
                                   const std::map<std::string, TorchStorage>& described) {
  StorageBytes storages;
  for (const PickleIndex index : keys.top().items) {
    const std::string& key = keys[index].text;
    const auto storage = described.find(key);
    if (storage == described.end()) return corrupt(fmt::format("storage '{}' belongs to no tensor", key));
    const auto count = reader.number<uint64_t>();
    if (count && *count != storage->second.count) {
      return corrupt(fmt::format("storage '{}' has {} elements where {} are due", key, *count, storage->second.count));
    }
    const auto bytes = count ? reader.take(storage->second.size()) : std::nullopt;
    if (!bytes) return corrupt("is cut off; download or copy it again");
    if (!storages.emplace(key, *bytes).second) return corrupt(fmt::format("storage '{}' is there twice", key));
  }
  return storages;
}

// Everything that the tensors may point into.
struct LegacyStorage {
  std::shared_ptr<const void> file;
  std::vector<std::vector<std::byte>> gathered;
};

}  // namespace

bool looks_like_torch_legacy(std::span<const std::byte> bytes) {
  return bytes.size() >= kMagic.size() &&
         std::ranges::equal(bytes.first(kMagic.size()), kMagic, {}, std::to_integer<uint8_t>);
}

Result<WeightFile> parse_torch_legacy(std::span<const std::byte> bytes, std::shared_ptr<const void> storage) {
  ByteReader reader(bytes);
  (void)reader.take(kMagic.size());
  PRETAG_ASSIGN(const Pickle version, next_pickle(reader, bytes));
  PRETAG_ASSIGN(const Pickle system, next_pickle(reader, bytes));
  PRETAG_TRY(check_system(version, system));
  PRETAG_ASSIGN(const Pickle object, next_pickle(reader, bytes));
  PRETAG_ASSIGN(const Pickle keys, next_pickle(reader, bytes));
  PRETAG_ASSIGN(const auto described, described_storages(object));
  PRETAG_ASSIGN(const StorageBytes storages, read_storages(reader, keys, described));

  const StorageReader find = [&](const TorchStorage& wanted) -> Result<std::span<const std::byte>> {
    const auto found = storages.find(wanted.key);
    if (found == storages.end()) return corrupt(fmt::format("storage '{}' is missing", wanted.key));
    return found->second;
  };
  PRETAG_ASSIGN(TorchTensors state, read_state_dict(object, find));
  auto kept = std::make_shared<LegacyStorage>(LegacyStorage{std::move(storage), std::move(state.gathered)});
  return WeightFile(std::move(state.tensors), {}, std::move(kept));
}

}  // namespace pretag
