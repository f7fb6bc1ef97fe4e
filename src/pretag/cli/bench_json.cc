#include <nlohmann/json.hpp>

#include "pretag/cli/bench_result.h"
#include "pretag/util/version.h"

namespace pretag {
namespace {

using Json = nlohmann::ordered_json;

Json machine_json(const BenchResult& result) {
  Json libraries = Json::object();
  for (const Library& library : result.libraries) libraries[library.name] = library.version;
  return {{"processor", result.cpu.name},
          {"features", feature_names(result.cpu)},
          {"onednn_isa", result.onednn_isa},
          {"gpu", result.gpu.empty() ? nlohmann::json() : nlohmann::json(result.gpu)},
          {"cores_online", result.machine.cores_online},
          {"cores_available", result.machine.cores_available},
          {"memory_nodes", result.machine.memory_nodes},
          {"cpu_quota", result.machine.cpu_quota},
          {"memory_total", result.machine.memory_total},
          {"memory_usable", result.machine.memory_usable()},
          {"load_before", result.load},
          {"libraries", libraries}};
}

Json peaks_json(const std::vector<BenchPeak>& peaks) {
  Json list = Json::array();
  for (const BenchPeak& peak : peaks) {
    list.push_back({{"precision", name_of(peak.precision)},
                    {"gflops", peak.gflops},
                    {"convolution_1x1", peak.shape},
                    {"implementation", peak.implementation}});
  }
  return list;
}

Json layer_json(const BenchLayer& layer) {
  return {{"name", layer.name},
          {"computed_in", name_of(layer.computed_in)},
          {"implementation", layer.implementation},
          {"calls", layer.calls},
          {"seconds", layer.seconds},
          {"share", layer.share},
          {"gmac", layer.multiplications * 1e-9},
          {"gflops", layer.gflops},
          {"peak_share", layer.peak_share}};
}

Json profile_json(const BenchProfile& profile) {
  Json layers = Json::array(), stages = Json::array();
  for (const BenchLayer& layer : profile.layers) layers.push_back(layer_json(layer));
  for (const BenchStage& stage : profile.stages) {
    stages.push_back({{"name", stage.name}, {"seconds", stage.seconds}, {"share", stage.share}});
  }
  return {{"precision", name_of(profile.precision)},
          {"images", profile.images},
          {"image_seconds", profile.image_seconds},
          {"convolution_share", profile.convolution_share},
          {"stages", stages},
          {"layers", layers}};
}

Json speeds_json(const std::vector<BenchSpeed>& speeds) {
  Json list = Json::array();
  for (const BenchSpeed& speed : speeds) {
    list.push_back({{"min_size", input_side(speed.min_size, speed.accuracy)},
                    {"max_size", input_side(speed.max_size, speed.accuracy)},
                    {"accuracy", name_of(speed.accuracy)},
                    {"precision", name_of(speed.precision)},
                    {"threads", speed.threads},
                    {"images_per_second", speed.images_per_second},
                    {"rounds", speed.rounds}});
  }
  return list;
}

}  // namespace

std::string bench_json(const BenchResult& result) {
  Json profiles = Json::array();
  for (const BenchProfile& profile : result.profiles) profiles.push_back(profile_json(profile));
  const Json all = {{"pretag_version", version()},
                    {"machine", machine_json(result)},
                    {"model", {{"file", result.model}, {"min_size", result.min_size}, {"max_size", result.max_size}}},
                    {"images", result.images},
                    {"activation_ranges", result.ranges.empty() ? Json() : Json(result.ranges)},
                    {"chosen_precision", name_of(result.chosen)},
                    {"peaks", peaks_json(result.peaks)},
                    {"profiles", profiles},
                    {"layouts", speeds_json(result.layouts)},
                    {"presets", speeds_json(result.presets)}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace pretag
