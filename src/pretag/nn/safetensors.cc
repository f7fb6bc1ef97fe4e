#include "pretag/nn/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

#include "pretag/nn/byte_reader.h"
#include "pretag/nn/safetensors_header.h"
#include "pretag/nn/tensor_shape.h"
#include "pretag/util/strings.h"

namespace pretag {

namespace {

constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the reference implementation's limit
constexpr size_t kLengthBytes = sizeof(uint64_t);

struct TypeName {
  ElementType type;
  const char* name;
};
constexpr std::array<TypeName, 5> kTypeNames = {{{ElementType::kFloat32, "F32"},
                                                 {ElementType::kBFloat16, "BF16"},
                                                 {ElementType::kFloat16, "F16"},
                                                 {ElementType::kInt8, "I8"},
                                                 {ElementType::kInt64, "I64"}}};

Error corrupt(std::string message) { return {ErrorCode::kCorrupt, std::move(message)}; }

Result<std::string_view> header_text(std::span<const std::byte> bytes) {
  ByteReader reader(bytes);
  const auto length = reader.number<uint64_t>();
  if (!length) return corrupt("is cut off within the header of a .safetensors file");
  if (*length > kMaxHeaderBytes) {
    return corrupt(fmt::format("claims a safetensors header of {} bytes; no weight file has that", *length));
  }
  const auto text = reader.text(*length);
  if (!text) {
    return corrupt(fmt::format("is cut off: {} of a safetensors header of {} bytes; download or copy it again",
                               reader.remaining(), *length));
  }
  return *text;
}

Result<WeightTensor> tensor_at(const std::string& name, const SafetensorsEntry& entry,
                               std::span<const std::byte> data) {
  const auto type = std::ranges::find_if(kTypeNames, [&](const TypeName& t) { return entry.dtype == t.name; });
  if (type == kTypeNames.end()) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("tensor '{}' has type '{}'; F32, BF16, F16, I8 and I64 are read", name, entry.dtype)};
  }
  const auto count = checked_element_count(entry.shape);
  if (!count) return corrupt(fmt::format("tensor '{}' has an impossible shape", name));
  if (entry.data_offsets.size() != 2 || entry.data_offsets[0] > entry.data_offsets[1]) {
    return corrupt(fmt::format("tensor '{}' has impossible data_offsets", name));
  }
  const auto begin = static_cast<uint64_t>(entry.data_offsets[0]), end = static_cast<uint64_t>(entry.data_offsets[1]);
  const uint64_t needed = static_cast<uint64_t>(*count) * element_size(type->type);
  if (end - begin != needed) {
    return corrupt(fmt::format("tensor '{}' has {} bytes where its shape needs {}", name, end - begin, needed));
  }
  if (end > data.size()) {
    return corrupt(fmt::format("is cut off: tensor '{}' ends at byte {} of {}; download or copy it again", name, end,
                               data.size()));
  }
  return WeightTensor{type->type, entry.shape, data.subspan(begin, needed)};
}

// The tensors' bytes must follow one another and fill the file: no byte is in two tensors or in none.
Status check_coverage(const std::map<std::string, SafetensorsEntry>& tensors, size_t data_size) {
  struct Extent {
    int64_t begin, end;
    const std::string* name;
  };
  std::vector<Extent> extents;
  extents.reserve(tensors.size());
  for (const auto& [name, entry] : tensors) extents.push_back({entry.data_offsets[0], entry.data_offsets[1], &name});
  std::ranges::sort(
      extents, [](const Extent& a, const Extent& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  int64_t covered = 0;
  for (const Extent& extent : extents) {
    if (extent.begin != covered) {
      return corrupt(fmt::format("tensor '{}' {} its neighbour in the file", *extent.name,
                                 extent.begin < covered ? "overlaps" : "leaves a gap to"));
    }
    covered = extent.end;
  }
  if (static_cast<uint64_t>(covered) != data_size) {
    return corrupt(
        fmt::format("{} after the last tensor belong to none", human_bytes(double(data_size) - double(covered))));
  }
  return {};
}

}  // namespace

bool looks_like_safetensors(std::span<const std::byte> bytes) {
  return bytes.size() > kLengthBytes && bytes[kLengthBytes] == std::byte{'{'};
}

Result<WeightFile> parse_safetensors(std::span<const std::byte> bytes, std::shared_ptr<const void> storage) {
  PRETAG_ASSIGN(const std::string_view text, header_text(bytes));
  PRETAG_ASSIGN(SafetensorsHeader header, parse_safetensors_header(text));
  const std::span<const std::byte> data = bytes.subspan(kLengthBytes + text.size());
  std::map<std::string, WeightTensor> tensors;
  for (const auto& [name, entry] : header.tensors) {
    PRETAG_ASSIGN(WeightTensor tensor, tensor_at(name, entry, data));
    tensors.emplace(name, std::move(tensor));
  }
  PRETAG_TRY(check_coverage(header.tensors, data.size()));
  return WeightFile(std::move(tensors), std::move(header.metadata), std::move(storage));
}

const char* safetensors_type_name(ElementType type) {
  return std::ranges::find(kTypeNames, type, &TypeName::type)->name;
}

std::string safetensors_header(std::span<const TensorDescription> tensors,
                               const std::map<std::string, std::string>& metadata) {
  nlohmann::ordered_json header;
  if (!metadata.empty()) header["__metadata__"] = metadata;
  uint64_t begin = 0;
  for (const TensorDescription& tensor : tensors) {
    const uint64_t end =
        begin + static_cast<uint64_t>(checked_element_count(tensor.shape).value_or(0)) * element_size(tensor.type);
    header[tensor.name] = {
        {"dtype", safetensors_type_name(tensor.type)}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
    begin = end;
  }
  // Bytes that are no UTF-8 can only come from a .pth file's names; they are replaced rather than thrown at the caller.
  std::string json = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  json.resize((json.size() + 7) / 8 * 8, ' ');
  const uint64_t length = json.size();
  std::string bytes(kLengthBytes, '\0');
  std::memcpy(bytes.data(), &length, kLengthBytes);
  return bytes + json;
}

}  // namespace pretag
