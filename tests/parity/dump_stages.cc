// dump_stages f32|bf16 WEIGHTS IMAGE OUTPUT [IMAGE OUTPUT]...: writes every stage of a picture as a safetensors file,
// for live_torchvision_check.py and for looking at. IMAGE is a file, or "seeded:<width>x<height>-<seed>".
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "parity/comparison.h"
#include "pretag/detect/detector.h"
#include "pretag/image/decode.h"
#include "pretag/nn/weight_file.h"
#include "support/seeded_images.h"

namespace pretag {
namespace {

Result<Image> load_image(const std::string& name) {
  int width = 0, height = 0, seed = 0;
  if (std::sscanf(name.c_str(), "seeded:%dx%d-%d", &width, &height, &seed) == 3) {
    return make_seeded_image(width, height, seed);
  }
  std::ifstream file(name, std::ios::binary);
  if (!file) return Error{ErrorCode::kNotFound, name + ": cannot be read"};
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  return decode_image(std::as_bytes(std::span(bytes)));
}

Status write_stages(const Stages& stages, const std::string& path) {
  nlohmann::json header;
  size_t offset = 0;
  for (const auto& [name, stage] : stages) {
    const size_t end = offset + stage.values.size() * sizeof(float);
    header[name] = {{"dtype", "F32"}, {"shape", stage.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  const std::string text = header.dump();
  const uint64_t length = text.size();
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(&length), sizeof(length));
  file << text;
  for (const auto& [name, stage] : stages) {
    file.write(reinterpret_cast<const char*>(stage.values.data()),
               static_cast<std::streamsize>(stage.values.size() * sizeof(float)));
  }
  if (!file.flush()) return Error{ErrorCode::kIo, path + ": cannot be written"};
  return {};
}

Status dump(const std::string& weights_path, Precision precision, std::span<char*> images_and_outputs) {
  PRETAG_ASSIGN(const auto weights, load_weight_file(weights_path));
  DetectorOptions options;
  options.precision = precision;
  PRETAG_ASSIGN(const auto model, DetectorModel::create(weights, options));
  Detector detector(model);
  for (size_t i = 0; i + 1 < images_and_outputs.size(); i += 2) {
    PRETAG_ASSIGN(const Image image, load_image(images_and_outputs[i]));
    Stages stages;
    const StageObserver observer = recorder(stages);
    PRETAG_ASSIGN(const DetectorOutput output, detector.detect(image, {}, &observer));
    PRETAG_TRY(write_stages(stages, images_and_outputs[i + 1]));
  }
  return {};
}

}  // namespace
}  // namespace pretag

int main(int argc, char** argv) {
  const std::span<char*> arguments(argv + 1, static_cast<size_t>(argc > 0 ? argc - 1 : 0));
  if (arguments.size() < 4 || arguments.size() % 2 != 0) {
    fmt::print(stderr, "usage: dump_stages f32|bf16 WEIGHTS IMAGE OUTPUT [IMAGE OUTPUT]...\n");
    return 2;
  }
  const bool is_bfloat16 = std::string_view(arguments[0]) == "bf16";
  const auto status = pretag::dump(
      arguments[1], is_bfloat16 ? pretag::Precision::kBFloat16 : pretag::Precision::kFloat32, arguments.subspan(2));
  if (status.ok()) return 0;
  fmt::print(stderr, "dump_stages: {}\n", status.error().message);
  return 1;
}
