#include "parity/golden.h"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <sstream>

namespace pretag {

namespace {

Error corrupt(std::string message) { return {ErrorCode::kCorrupt, std::move(message)}; }

Result<GoldenStage> read_stage(const WeightFile& file, const std::string& name) {
  const auto layout_entry = file.tensors().find(name + ".layout");
  if (layout_entry == file.tensors().end()) return corrupt(fmt::format("'{}' has no layout", name));
  const WeightTensor& layout_tensor = layout_entry->second;
  if (layout_tensor.type != ElementType::kInt64) return corrupt(fmt::format("the layout of '{}' is not int64", name));
  std::vector<int64_t> layout(static_cast<size_t>(layout_tensor.count()));
  std::memcpy(layout.data(), layout_tensor.bytes.data(), layout_tensor.bytes.size());
  if (layout.size() < 3) return corrupt(fmt::format("the layout of '{}' is too short", name));

  GoldenStage stage;
  stage.row_stride = layout[0];
  stage.value_stride = layout[1];
  stage.shape.assign(layout.begin() + 2, layout.end());
  const std::array<int64_t, 1> kept = {stage.kept_rows() * stage.kept_per_row()};
  PRETAG_ASSIGN(stage.values, file.floats(name, kept));
  return stage;
}

Result<SeededModel> read_model(const std::map<std::string, std::string>& metadata) {
  try {
    SeededModel model;
    model.classes = static_cast<int>(nlohmann::json::parse(metadata.at("classes")).size());
    model.min_size = std::stoi(metadata.at("min_size"));
    model.max_size = std::stoi(metadata.at("max_size"));
    model.anchor_sizes = nlohmann::json::parse(metadata.at("anchor_sizes")).get<std::vector<int>>();
    model.batch_norm_eps = metadata.at("batch_norm_eps");
    return model;
  } catch (const std::exception& e) {
    return corrupt(fmt::format("the golden's metadata does not describe a model: {}", e.what()));
  }
}

}  // namespace

Result<GoldenFile> load_golden_file(const std::string& path) {
  PRETAG_ASSIGN(const auto file, load_weight_file(path));
  GoldenFile golden;
  PRETAG_ASSIGN(golden.model, read_model(file->metadata()));
  const auto text = [&](const std::string& key) {
    const auto found = file->metadata().find(key);
    return found == file->metadata().end() ? std::string() : found->second;
  };
  golden.made_with = text("made_with");

  std::istringstream names(text("images"));
  for (std::string name; names >> name;) {
    GoldenImage image{name, 0, 0, 0, {}};
    if (std::sscanf(name.c_str(), "%dx%d-%d", &image.width, &image.height, &image.seed) != 3) {
      return corrupt(fmt::format("'{}' is not the name of a seeded picture", name));
    }
    const std::string prefix = name + "/";
    for (const auto& [key, tensor] : file->tensors()) {
      if (!key.starts_with(prefix) || key.ends_with(".layout")) continue;
      PRETAG_ASSIGN(image.stages[key.substr(prefix.size())], read_stage(*file, key));
    }
    golden.images.push_back(std::move(image));
  }
  return golden;
}

}  // namespace pretag
