#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "pretag/cli/bench_result.h"
#include "pretag/util/strings.h"
#include "pretag/util/version.h"

namespace pretag {
namespace {

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }
std::string milliseconds(double seconds) { return fmt::format("{:.2f}", 1000 * seconds); }

std::string cut(const std::string& text, size_t longest) {
  return text.size() <= longest ? text : text.substr(0, longest - 2) + "..";
}

// "brgconv:avx512_core_vnni+jit:avx512_core" -> "brgconv+jit": the instructions are the whole table's.
std::string without_instructions(const std::string& implementation) {
  std::vector<std::string> names;
  for (const std::string& one : split(implementation, '+')) names.push_back(one.substr(0, one.find(':')));
  return fmt::format("{}", fmt::join(names, "+"));
}

std::string input_text(const BenchSpeed& speed) {
  return fmt::format("{} x {}", input_side(speed.min_size, speed.accuracy), input_side(speed.max_size, speed.accuracy));
}

std::string version_of(const std::vector<Library>& libraries, const std::string& name) {
  const auto found = std::ranges::find(libraries, name, &Library::name);
  return found == libraries.end() ? "" : " " + found->version;
}

std::string head(const BenchResult& result) {
  std::string text = fmt::format("Pretag {}, oneDNN{} with {}\n", version(), version_of(result.libraries, "oneDNN"),
                                 result.onednn_isa);
  text += fmt::format("Processor  {}: {}\n", result.cpu.name.empty() ? "unnamed" : result.cpu.name,
                      fmt::join(feature_names(result.cpu), " "));
  text += fmt::format("Cores      {} of {} can be used; {:.1f} processes wanted to run in the minute before\n",
                      result.machine.cores_available, result.machine.cores_online, result.load);
  if (!result.gpu.empty()) text += fmt::format("GPU        {}\n", result.gpu);
  text += fmt::format("Model      {}, network input {} x {}\n", std::filesystem::path(result.model).filename().string(),
                      result.min_size, result.max_size);
  text += fmt::format("Images     {}\n", result.images);
  if (!result.ranges.empty()) text += fmt::format("int8       activation ranges: {}\n", result.ranges);
  for (const BenchPeak& peak : result.peaks) {
    text +=
        fmt::format("Peak       {:<4} {:.0f} GFLOP/s on {}: the fastest 1x1 convolution of this run, {}\n",
                    name_of(peak.precision), peak.gflops, result.gpu.empty() ? "one thread" : "the GPU", peak.shape);
  }
  return text;
}

std::string layer_table(const BenchProfile& profile) {
  std::string text =
      fmt::format("\nLayers in {}, one thread, median of {} images of {} ms; {} of the time is in them\n",
                  name_of(profile.precision), profile.images, milliseconds(profile.image_seconds),
                  percent(profile.convolution_share));
  text += fmt::format("{:<36}{:>8}{:>8}{:>9}{:>10}  {:<5}{}\n", "", "ms", "share", "GFLOP/s", "of peak", "in", "by");
  bool some_winograd = false;
  for (const BenchLayer& layer : profile.layers) {
    const bool winograd = layer.implementation.find("wino") != std::string::npos;
    some_winograd |= winograd;
    text += fmt::format("{:<36}{:>8}{:>8}{:>9.1f}{:>9}{} {:<5}{}\n", cut(layer.name, 35), milliseconds(layer.seconds),
                        percent(layer.share), layer.gflops, percent(layer.peak_share), winograd ? "w" : " ",
                        name_of(layer.computed_in), cut(without_instructions(layer.implementation), 22));
  }
  if (some_winograd) {
    text += "w: Winograd's way multiplies less; GFLOP/s are the direct convolution's, and may exceed the peak\n";
  }
  return text;
}

std::string stage_table(const std::vector<BenchProfile>& profiles) {
  std::string text = "\nStages of an image, one thread, ms\n" + std::string(20, ' ');
  for (const BenchProfile& profile : profiles) text += fmt::format("{:>10}{:>9}", name_of(profile.precision), "share");
  text += '\n';
  for (const BenchStage& row : profiles.front().stages) {
    text += fmt::format("{:<20}", row.name);
    for (const BenchProfile& profile : profiles) {
      const auto stage = std::ranges::find(profile.stages, row.name, &BenchStage::name);
      if (stage == profile.stages.end()) {
        text += fmt::format("{:>10}{:>9}", "-", "-");
      } else {
        text += fmt::format("{:>10}{:>9}", milliseconds(stage->seconds), percent(stage->share));
      }
    }
    text += '\n';
  }
  text += fmt::format("{:<20}", "all");
  for (const BenchProfile& profile : profiles) {
    text += fmt::format("{:>10}{:>9}", milliseconds(profile.image_seconds), percent(1));
  }
  text += fmt::format("\n{:<20}", "in convolutions");
  for (const BenchProfile& profile : profiles)
    text += fmt::format("{:>10}{:>9}", "", percent(profile.convolution_share));
  return text + '\n';
}

// Each beside the first of its input size.
std::string layout_table(const std::vector<BenchSpeed>& layouts) {
  std::string text = "\nImages a second, decoding included, an image a thread\n";
  text += fmt::format("{:<16}{:<11}{:>8}{:>12}{:>8}\n", "network input", "precision", "threads", "images/s", "times");
  const BenchSpeed* first = nullptr;
  for (const BenchSpeed& speed : layouts) {
    if (first == nullptr || input_text(*first) != input_text(speed)) first = &speed;
    text += fmt::format("{:<16}{:<11}{:>8}{:>12.2f}{:>8.2f}\n", input_text(speed), name_of(speed.precision),
                        speed.threads, speed.images_per_second, speed.images_per_second / first->images_per_second);
  }
  return text;
}

std::string preset_table(const std::vector<BenchSpeed>& presets) {
  std::string text = fmt::format("\nThe accuracy key, {}, {} thread{}\n", name_of(presets.front().precision),
                                 presets.front().threads, presets.front().threads == 1 ? "" : "s");
  text += fmt::format("{:<16}{:<19}{:>12}{:>8}\n", "network input", "accuracy", "images/s", "times");
  for (const BenchSpeed& speed : presets) {
    text += fmt::format("{:<16}{:<19}{:>12.2f}{:>8.2f}\n", input_text(speed), name_of(speed.accuracy),
                        speed.images_per_second, speed.images_per_second / presets.front().images_per_second);
  }
  return text;
}

}  // namespace

std::string bench_text(const BenchResult& result) {
  std::string text = head(result);
  const auto shown = std::ranges::find(result.profiles, result.chosen, &BenchProfile::precision);
  if (shown != result.profiles.end()) text += layer_table(*shown);
  if (!result.profiles.empty()) text += stage_table(result.profiles);
  if (!result.layouts.empty()) text += layout_table(result.layouts);
  if (!result.presets.empty()) text += preset_table(result.presets);
  return text;
}

}  // namespace pretag
