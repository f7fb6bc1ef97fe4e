// pretag bench: where the time of an image goes on this machine, and how many it computes a second.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>

#include "pretag/cli/bench_profile.h"
#include "pretag/cli/bench_result.h"
#include "pretag/cli/bench_speed.h"
#include "pretag/cli/commands.h"
#include "pretag/cli/exit_codes.h"
#include "pretag/cli/paths.h"
#include "pretag/data/device.h"
#include "pretag/io/file_system.h"
#include "pretag/run/compute_device.h"
#include "pretag/run/model_locator.h"

namespace pretag {
namespace {

struct BenchArguments {
  std::string model, device = "cpu", precision = "all", images, json_file;
  bool quick = false;
};

constexpr size_t kMostImages = 4;
constexpr BenchInput kTorchvisionsInput = {.min_size = 800, .max_size = 1333};

BenchResult facts_of_the_machine() {
  BenchResult result;
  result.cpu = probe_cpu_features();
  result.machine = probe_machine();
  double load = 0;
  if (getloadavg(&load, 1) == 1) result.load = load;
  result.onednn_isa = onednn_isa_name();
  result.libraries = library_versions();
  return result;
}

// Before minutes of measuring, not after.
Status check_output(const std::string& file) {
  if (file.empty()) return {};
  std::error_code error;
  const auto parent = std::filesystem::absolute(file, error).parent_path();
  if (std::filesystem::is_directory(parent, error)) return {};
  return Error{ErrorCode::kInvalidArgument, fmt::format("--json {}: there is no folder {}", file, parent.string())};
}

Result<BenchResult> measure(const BenchArguments& arguments, const BenchProgress& progress) {
  PRETAG_TRY(check_output(arguments.json_file));
  BenchResult result = facts_of_the_machine();
  PRETAG_ASSIGN(result.model, locate_model(arguments.model, model_search_folders()));
  PRETAG_ASSIGN(const BenchFrames frames,
                arguments.images.empty() ? synthetic_frame() : frames_of(arguments.images, kMostImages));
  PRETAG_ASSIGN(const BenchModel model,
                load_bench_model(result.model, arguments.device, arguments.precision, frames, progress));
  if (!model.gpus.empty()) {
    result.gpu = fmt::format("{}, driver {}", names_of(model.gpus), model.gpus.front()->device().driver);
  }
  result.min_size = model.min_size, result.max_size = model.max_size;
  result.images = frames.description, result.ranges = model.ranges_origin;
  result.chosen = model.chosen;

  const int profile_rounds = arguments.quick ? 2 : 5;
  PRETAG_TRY(profile_precisions(model, frames, profile_rounds, progress, result));

  const SpeedPlan plan = arguments.quick ? SpeedPlan{.rounds = 1, .least_seconds = 0.2} : SpeedPlan{};
  const int cores = threads_that_fill(model.gpus, result.machine.cores_available);
  const auto add_layouts = [&](int min_size, int max_size) -> Status {
    std::vector<BenchSpeed> variants = layout_variants(model, min_size, max_size, cores);
    PRETAG_TRY(measure_speeds(model, frames, plan, progress, variants));
    result.layouts.insert(result.layouts.end(), variants.begin(), variants.end());
    return {};
  };
  PRETAG_TRY(add_layouts(model.min_size, model.max_size));
  const bool same = model.min_size == kTorchvisionsInput.min_size && model.max_size == kTorchvisionsInput.max_size;
  if (!arguments.quick && !same) PRETAG_TRY(add_layouts(kTorchvisionsInput.min_size, kTorchvisionsInput.max_size));

  result.presets = preset_variants(model, cores);
  PRETAG_TRY(measure_speeds(model, frames, plan, progress, result.presets));
  return result;
}

int bench(const BenchArguments& arguments) {
  const auto fail = [](const Error& error) {
    std::cerr << "pretag bench: " << error.message << '\n';
    return error.code == ErrorCode::kInvalidArgument ? kExitUsage : kExitError;
  };
  const auto result = measure(arguments, [](const std::string& message) { std::cerr << message << '\n'; });
  if (!result) return fail(result.error());
  std::cout << bench_text(*result);
  if (!arguments.json_file.empty()) {
    const Status written = local_file_system().write_atomically(arguments.json_file, bench_json(*result));
    if (!written) return fail(written.error());
  }
  return kExitOk;
}

}  // namespace

void add_bench_command(CLI::App& app, std::function<int()>& action) {
  const auto arguments = std::make_shared<BenchArguments>();
  CLI::App* command = app.add_subcommand("bench", "Measure this machine: time by layer and stage, images a second");
  command->add_option("model", arguments->model, "A file, or the name of an installed model; none: the bundled model");
  command
      ->add_option("--device", arguments->device,
                   "cpu, gpu, gpus, auto, or devices that 'pretag doctor' lists (default cpu)")
      ->check([](const std::string& text) {
        return is_device_name(text) ? "" : "there is no device of such a name: cpu, gpu, gpus, auto, gpu:1 …";
      });
  command
      ->add_option("--precision", arguments->precision,
                   "auto, f32, bf16, int8, or all that the device has instructions for, and f32 (default all)")
      ->check(CLI::IsMember({"auto", "f32", "bf16", "int8", "all"}));
  command->add_option("--images", arguments->images, "Compute pictures of this folder instead of a made-up frame")
      ->type_name("FOLDER");
  command->add_option("--json", arguments->json_file, "Write every number there, too")->type_name("FILE");
  command->add_flag("--quick", arguments->quick, "One short round, at the model's input size only");
  command->footer(
      "Examples:\n"
      "  pretag bench\n"
      "  pretag bench --device gpu\n"
      "  pretag bench coco --precision int8 --images photos/ --json bench.json\n"
      "docs/benchmarks.md says how to read it. Other work on the machine shows in every number.");
  command->callback([arguments, &action] { action = [arguments] { return bench(*arguments); }; });
}

}  // namespace pretag
