// Writes pickles (protocol 2) and PyTorch's .pth files opcode by opcode, without Python.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "support/zip_writer.h"

namespace pretag {

// Each call appends the opcodes of one value or step; the methods return the writer, so that calls chain.
class PickleWriter {
 public:
  PickleWriter& raw(const std::string& bytes);
  PickleWriter& mark() { return raw("("); }
  PickleWriter& none() { return raw("N"); }
  PickleWriter& boolean(bool value) { return raw(value ? "\x88" : "\x89"); }
  PickleWriter& integer(int32_t value);
  PickleWriter& text(const std::string& value);
  PickleWriter& global(const std::string& module, const std::string& name);
  PickleWriter& empty_tuple() { return raw(")"); }
  PickleWriter& tuple() { return raw("t"); }  // of everything since mark()
  PickleWriter& integers(const std::vector<int32_t>& values);
  PickleWriter& call() { return raw("R"); }
  PickleWriter& ordered_dict() { return global("collections", "OrderedDict").empty_tuple().call(); }
  PickleWriter& set_items() { return raw("u"); }  // everything since mark(): key, value, key, value …

  std::string finish() const { return "\x80\x02" + body_ + "."; }

 private:
  std::string body_;
};

// One tensor of a .pth file in the making.
struct TorchTensorSpec {
  std::string name;
  std::vector<int32_t> shape, strides;
  std::string storage;  // its key
  std::string storage_type = "FloatStorage";
  int32_t storage_count = 0;
  int32_t offset = 0;
};

// The opcodes of torch._utils._rebuild_tensor_v2(...), as torch.save writes them.
void write_tensor(PickleWriter& pickle, const TorchTensorSpec& spec);

// A pickled OrderedDict of the tensors.
std::string pickle_state_dict(const std::vector<TorchTensorSpec>& tensors);

// The zip archive around a pickle: `storages` are key and bytes.
std::string torch_archive(const std::string& pickle, const std::vector<std::pair<std::string, std::string>>& storages,
                          ZipWriter::Packing packing = ZipWriter::Packing::kStored, bool zip64 = false);

// The bytes of an array of numbers.
template <class T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

inline std::span<const std::byte> as_bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

}  // namespace pretag
