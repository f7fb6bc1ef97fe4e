#include "pretag/nn/torch_tensors.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <limits>
#include <set>

#include "pretag/nn/tensor_shape.h"

namespace pretag {

namespace {

using Kind = PickleValue::Kind;

constexpr std::string_view kRebuildTensor = "torch._utils._rebuild_tensor_v2";
constexpr std::string_view kRebuildParameter = "torch._utils._rebuild_parameter";
// The storages that are read come first; the others are known so that the error can say what is wrong.
constexpr std::array<std::string_view, 12> kGlobals = {
    "torch.FloatStorage", "torch.BFloat16Storage", "torch.HalfStorage", "torch.CharStorage",
    "torch.LongStorage",  "torch.DoubleStorage",   "torch.IntStorage",  "torch.ShortStorage",
    "torch.ByteStorage",  "torch.BoolStorage",     kRebuildTensor,      kRebuildParameter};
constexpr std::array<ElementType, 5> kStorageTypes = {ElementType::kFloat32, ElementType::kBFloat16,
                                                      ElementType::kFloat16, ElementType::kInt8, ElementType::kInt64};

Error corrupt(std::string message) { return {ErrorCode::kCorrupt, std::move(message)}; }

// A call of the named global, which then has at least `count` arguments; its argument tuple, else null.
const PickleValue* arguments_of(const Pickle& pickle, const PickleValue& value, std::string_view global, size_t count) {
  if (value.kind != Kind::kCall || pickle[value.items[0]].text != global) return nullptr;
  const PickleValue& arguments = pickle[value.items[1]];
  return arguments.items.size() >= count ? &arguments : nullptr;
}

// A parameter is (tensor, requires_grad, hooks).
const PickleValue& without_parameter(const Pickle& pickle, const PickleValue& value) {
  const PickleValue* arguments = arguments_of(pickle, value, kRebuildParameter, 1);
  return arguments != nullptr ? pickle[arguments->items[0]] : value;
}

Result<std::vector<int64_t>> integers(const Pickle& pickle, const PickleValue& tuple) {
  if (tuple.kind != Kind::kTuple || tuple.items.size() > kMaxTensorDimensions)
    return corrupt("a tensor has no valid shape");
  std::vector<int64_t> values;
  for (const PickleIndex item : tuple.items) {
    if (pickle[item].kind != Kind::kInt || pickle[item].integer < 0) return corrupt("a tensor has no valid shape");
    values.push_back(pickle[item].integer);
  }
  return values;
}

// Where a tensor lies in its storage, in elements: index = offset + sum of position[d] * stride[d].
struct Layout {
  int64_t offset = 0;
  std::vector<int64_t> shape, strides;
  int64_t count = 0;

  bool is_contiguous() const {
    int64_t expected = 1;
    for (size_t d = shape.size(); d-- > 0; expected *= shape[d]) {
      if (shape[d] != 1 && strides[d] != expected) return false;
    }
    return true;
  }

  // The last element within a storage of `storage_count`; without overflow, whatever the strides are.
  bool fits(uint64_t storage_count) const {
    if (static_cast<uint64_t>(count) > storage_count) return false;  // also refuses expanded tensors
    if (count == 0) return true;
    if (static_cast<uint64_t>(offset) >= storage_count) return false;
    uint64_t room = storage_count - 1 - static_cast<uint64_t>(offset);
    for (size_t d = 0; d < shape.size(); ++d) {
      const auto steps = static_cast<uint64_t>(shape[d] - 1), stride = static_cast<uint64_t>(strides[d]);
      if (steps > 0 && stride > room / steps) return false;
      room -= steps * stride;
    }
    return true;
  }
};

// arguments: storage, offset, size, stride, requires_grad, hooks.
Result<Layout> layout_of(const Pickle& pickle, const PickleValue& arguments) {
  Layout layout;
  const PickleValue& offset = pickle[arguments.items[1]];
  if (offset.kind != Kind::kInt || offset.integer < 0) return corrupt("a tensor has no valid offset");
  layout.offset = offset.integer;
  PRETAG_ASSIGN(layout.shape, integers(pickle, pickle[arguments.items[2]]));
  PRETAG_ASSIGN(layout.strides, integers(pickle, pickle[arguments.items[3]]));
  const auto count = checked_element_count(layout.shape);
  if (!count || layout.strides.size() != layout.shape.size()) return corrupt("a tensor has no valid shape");
  layout.count = *count;
  return layout;
}

// Copies the elements in row-major order.
std::vector<std::byte> gather(std::span<const std::byte> storage, const Layout& layout, size_t element) {
  std::vector<std::byte> bytes(static_cast<size_t>(layout.count) * element);
  std::vector<int64_t> position(layout.shape.size(), 0);
  auto index = static_cast<uint64_t>(layout.offset);  // unsigned: a stride that is never used may wrap around
  for (size_t made = 0; made < bytes.size(); made += element) {
    std::memcpy(bytes.data() + made, storage.data() + index * element, element);
    for (size_t d = position.size(); d-- > 0;) {  // count up, the last dimension fastest
      const auto stride = static_cast<uint64_t>(layout.strides[d]);
      index += stride;
      if (++position[d] < layout.shape[d]) break;
      index -= stride * static_cast<uint64_t>(layout.shape[d]);
      position[d] = 0;
    }
  }
  return bytes;
}

class StateDictReader {
 public:
  StateDictReader(const Pickle& pickle, const StorageReader& storage_bytes)
      : pickle_(pickle), storage_bytes_(storage_bytes) {}

  Result<TorchTensors> read(const PickleValue& dict) {
    for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
      const PickleValue& key = pickle_[dict.items[i]];
      const PickleValue& value = without_parameter(pickle_, pickle_[dict.items[i + 1]]);
      const PickleValue* arguments = arguments_of(pickle_, value, kRebuildTensor, 4);
      if (key.kind != Kind::kString || arguments == nullptr) continue;
      auto tensor = read_tensor(*arguments);
      if (!tensor) return tensor.error().in(fmt::format("tensor '{}'", key.text));
      if (!result_.tensors.emplace(key.text, *std::move(tensor)).second) {
        return corrupt(fmt::format("tensor '{}' is there twice", key.text));
      }
    }
    if (result_.tensors.empty()) {
      return corrupt("is a PyTorch file without a state dict; save one with torch.save(model.state_dict(), file)");
    }
    return std::move(result_);
  }

 private:
  Result<WeightTensor> read_tensor(const PickleValue& arguments) {
    PRETAG_ASSIGN(const TorchStorage storage, torch_storage(pickle_, pickle_[arguments.items[0]]));
    PRETAG_ASSIGN(const Layout layout, layout_of(pickle_, arguments));
    if (!layout.fits(storage.count)) return corrupt("it reaches beyond its storage");
    PRETAG_ASSIGN(const std::span<const std::byte> bytes, storage_bytes_(storage));
    const size_t element = element_size(storage.type);
    const size_t size = static_cast<size_t>(layout.count) * element;
    if (layout.is_contiguous() || size == 0) {
      const size_t begin = size == 0 ? 0 : static_cast<size_t>(layout.offset) * element;
      return WeightTensor{storage.type, layout.shape, bytes.subspan(begin, size)};
    }
    // Each storage pays for one copy of itself, so that a small file cannot ask for endless memory.
    if (paid_.insert(storage.key).second) gather_budget_ += storage.size();
    if (size > gather_budget_) return corrupt("too many tensors share its storage");
    gather_budget_ -= size;
    result_.gathered.push_back(gather(bytes, layout, element));
    return WeightTensor{storage.type, layout.shape, result_.gathered.back()};
  }

  const Pickle& pickle_;
  const StorageReader& storage_bytes_;
  TorchTensors result_;
  std::set<std::string> paid_;
  uint64_t gather_budget_ = 0;
};

}  // namespace

std::span<const std::string_view> torch_globals() { return kGlobals; }

Result<TorchStorage> torch_storage(const Pickle& pickle, const PickleValue& persistent) {
  const Error broken = corrupt("its storage is not described as torch.save does");
  if (persistent.kind != Kind::kPersistent) return broken;
  const PickleValue& id = pickle[persistent.items[0]];
  if (id.kind != Kind::kTuple || id.items.size() < 5 || pickle[id.items[0]].text != "storage") return broken;
  const PickleValue &type = pickle[id.items[1]], &key = pickle[id.items[2]], &count = pickle[id.items[4]];
  if (type.kind != Kind::kGlobal || key.kind != Kind::kString || count.kind != Kind::kInt || count.integer < 0)
    return broken;
  if (count.integer > std::numeric_limits<int64_t>::max() / 8) return broken;
  // The older format can make a storage a view of another one; nobody's weights do.
  if (id.items.size() > 5 && pickle[id.items[5]].kind != Kind::kNone) return broken;
  for (size_t i = 0; i < kStorageTypes.size(); ++i) {
    if (type.text == kGlobals[i]) return TorchStorage{kStorageTypes[i], key.text, static_cast<uint64_t>(count.integer)};
  }
  return Error{ErrorCode::kUnsupported,
               fmt::format("it is made of {}; float32, bfloat16, float16, int8 and int64 are read", type.text)};
}

Result<TorchTensors> read_state_dict(const Pickle& pickle, const StorageReader& storage_bytes) {
  const PickleValue* dict = &pickle.top();
  for (const std::string_view wrapper : {"model", "state_dict", "model_state_dict"}) {
    const PickleValue* inner = pickle.find(pickle.top(), wrapper);
    if (inner != nullptr && inner->kind == Kind::kDict) dict = inner;
  }
  if (dict->kind != Kind::kDict) {
    return corrupt("is a PyTorch file that holds no dict; save one with torch.save(model.state_dict(), file)");
  }
  return StateDictReader(pickle, storage_bytes).read(*dict);
}

}  // namespace pretag
