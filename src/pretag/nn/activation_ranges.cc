#include "pretag/nn/activation_ranges.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "pretag/io/file_system.h"
#include "pretag/io/sha256.h"
#include "pretag/nn/weight_file.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr size_t kMostBytes = 1 << 20;
constexpr float kMostLimit = 1e30f;

Error corrupt(const std::string& message) {
  return {ErrorCode::kCorrupt, "activation ranges: " + one_line(message, 200)};
}

Result<std::optional<ActivationRanges>> ranges_in(const std::string& file) {
  FileSystem& files = local_file_system();
  if (!files.exists(file)) return std::optional<ActivationRanges>();
  PRETAG_ASSIGN(const auto bytes, files.read(file, kMostBytes));
  auto ranges = parse_activation_ranges({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!ranges) return ranges.error().in(file);
  return std::optional(*std::move(ranges));
}

}  // namespace

std::string activation_ranges_file(const std::string& model_path) {
  return std::filesystem::path(model_path).replace_extension(".ranges.json").string();
}

Result<std::optional<ActivationRanges>> stored_activation_ranges(const WeightFile& weights, const std::string& path) {
  const std::string beside = activation_ranges_file(path);
  PRETAG_ASSIGN(auto measured, ranges_in(beside));
  const bool says_of_what = measured && !measured->model_sha256.empty();
  if (says_of_what) {
    PRETAG_ASSIGN(const std::string sha256, sha256_of_file(path));
    if (sha256 == measured->model_sha256) return measured;
  }
  if (const auto found = weights.metadata().find(kActivationRangesKey); found != weights.metadata().end()) {
    auto ranges = parse_activation_ranges(found->second);
    if (!ranges) return ranges.error().in(path);
    return std::optional(*std::move(ranges));
  }
  if (says_of_what) {
    return corrupt(
               "were measured on another model; measure them again with 'pretag model quantize', or remove the file")
        .in(beside);
  }
  return measured;
}

std::string to_json(const ActivationRanges& ranges) {
  nlohmann::ordered_json layers = nlohmann::ordered_json::object();
  for (const auto& [name, range] : ranges.layers) layers[name] = {{"limit", range.limit}, {"sqnr_db", range.sqnr_db}};
  nlohmann::ordered_json json = {{"images", ranges.images}};
  if (!ranges.model_sha256.empty()) json["model_sha256"] = ranges.model_sha256;
  json["layers"] = std::move(layers);
  return json.dump(1);
}

Result<ActivationRanges> parse_activation_ranges(std::string_view json) {
  if (json.size() > kMostBytes) return corrupt(fmt::format("{} bytes are more than any model needs", json.size()));
  const auto root = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) return corrupt("are not a JSON object");
  ActivationRanges ranges;
  const auto images = root.find("images"), layers = root.find("layers");
  if (images == root.end() || !images->is_number_integer()) return corrupt("'images' is missing or no whole number");
  if (layers == root.end() || !layers->is_object()) return corrupt("'layers' is missing or no object");
  ranges.images = images->get<int>();
  if (const auto of = root.find("model_sha256"); of != root.end() && of->is_string()) ranges.model_sha256 = *of;
  for (const auto& [name, layer] : layers->items()) {
    const auto number = [&values = layer](const char* key) {
      if (!values.is_object()) return NAN;
      const auto found = values.find(key);
      return found != values.end() && found->is_number() ? found->get<float>() : NAN;
    };
    const ActivationRange range{number("limit"), number("sqnr_db")};
    if (!(range.limit >= 0 && range.limit < kMostLimit) || !std::isfinite(range.sqnr_db)) {
      return corrupt(fmt::format("'{}' needs a 'limit' of 0 or more and a 'sqnr_db'", name));
    }
    ranges.layers[name] = range;
  }
  return ranges;
}

}  // namespace pretag
