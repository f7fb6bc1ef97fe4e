// From torch.save's pickle to tensors: what zip archives and the older format have in common.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "pretag/nn/pickle.h"
#include "pretag/nn/weight_file.h"
#include "pretag/util/result.h"

namespace pretag {

// All that a pickle of torch.save may name, see parse_pickle().
std::span<const std::string_view> torch_globals();

// A storage is the flat memory that tensors are views of; the pickle refers to it by key.
struct TorchStorage {
  ElementType type = ElementType::kFloat32;
  std::string key;
  uint64_t count = 0;  // elements

  uint64_t size() const { return count * element_size(type); }  // bytes; does not overflow, see torch_storage()
};

// Reads the persistent id ('storage', torch.FloatStorage, '0', 'cpu', 9408). kUnsupported for other element types.
Result<TorchStorage> torch_storage(const Pickle& pickle, const PickleValue& persistent);

// The bytes of a storage, exactly storage.size() of them; they must live as long as the tensors.
using StorageReader = std::function<Result<std::span<const std::byte>>(const TorchStorage&)>;

struct TorchTensors {
  std::map<std::string, WeightTensor> tensors;
  // Owns the tensors that lie in their storage with strides (channels last, transposed) and were gathered.
  std::vector<std::vector<std::byte>> gathered;
};

// The state dict: the pickle's dict itself or the one under 'model', 'state_dict' or 'model_state_dict'. Entries that
// are no tensors are left out. kCorrupt if there is no tensor, if a name is there twice, or a tensor reaches beyond its
// storage.
Result<TorchTensors> read_state_dict(const Pickle& pickle, const StorageReader& storage_bytes);

}  // namespace pretag
