#include "support/pickle_writer.h"

namespace pretag {

PickleWriter& PickleWriter::raw(const std::string& bytes) {
  body_ += bytes;
  return *this;
}

PickleWriter& PickleWriter::integer(int32_t value) {
  return raw("J" + std::string(reinterpret_cast<const char*>(&value), sizeof(value)));
}

PickleWriter& PickleWriter::text(const std::string& value) {
  const auto size = static_cast<uint32_t>(value.size());
  return raw("X" + std::string(reinterpret_cast<const char*>(&size), sizeof(size)) + value);
}

PickleWriter& PickleWriter::global(const std::string& module, const std::string& name) {
  return raw("c" + module + "\n" + name + "\n");
}

PickleWriter& PickleWriter::integers(const std::vector<int32_t>& values) {
  mark();
  for (const int32_t value : values) integer(value);
  return tuple();
}

void write_tensor(PickleWriter& pickle, const TorchTensorSpec& spec) {
  pickle.global("torch._utils", "_rebuild_tensor_v2").mark();
  pickle.mark().text("storage").global("torch", spec.storage_type).text(spec.storage).text("cpu");
  pickle.integer(spec.storage_count).tuple().raw("Q");
  pickle.integer(spec.offset).integers(spec.shape).integers(spec.strides).boolean(false).ordered_dict();
  pickle.tuple().call();
}

std::string pickle_state_dict(const std::vector<TorchTensorSpec>& tensors) {
  PickleWriter pickle;
  pickle.ordered_dict().mark();
  for (const TorchTensorSpec& spec : tensors) {
    pickle.text(spec.name);
    write_tensor(pickle, spec);
  }
  return pickle.set_items().finish();
}

std::string torch_archive(const std::string& pickle, const std::vector<std::pair<std::string, std::string>>& storages,
                          ZipWriter::Packing packing, bool zip64) {
  ZipWriter zip;
  zip.add("archive/data.pkl", pickle, packing);
  for (const auto& [key, bytes] : storages) zip.add("archive/data/" + key, bytes, packing);
  zip.add("archive/version", "3\n", packing);
  return zip.finish(zip64);
}

}  // namespace pretag
