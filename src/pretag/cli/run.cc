// pretag run: from a folder of images to the predictions and the report.
#include <fmt/format.h>

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <iostream>
#include <memory>
#include <optional>

#include "pretag/bucket/bucket_url.h"
#include "pretag/cli/commands.h"
#include "pretag/cli/exit_codes.h"
#include "pretag/cli/input_files.h"
#include "pretag/cli/locked_progress.h"
#include "pretag/cli/paths.h"
#include "pretag/cli/progress_bar.h"
#include "pretag/cli/progress_line.h"
#include "pretag/cli/run_ending.h"
#include "pretag/cli/shard_option.h"
#include "pretag/cli/terminal.h"
#include "pretag/io/file_system.h"
#include "pretag/run/config.h"
#include "pretag/run/config_keys.h"
#include "pretag/run/datapool_pass.h"
#include "pretag/run/model_locator.h"
#include "pretag/run/run.h"
#include "pretag/run/run_inputs.h"
#include "pretag/run/selection_settings.h"

namespace pretag {
namespace {

struct RunArguments {
  std::string input, output, config_file, progress = "auto";
  std::optional<std::string> shard;  // empty text is none: an unset variable must not make every task do everything
  std::vector<std::string> settings;
  bool help_config = false;
};

int fail(const Error& error, ProgressStyle style = ProgressStyle::kAuto) { return fail_with(error, "run", style); }

Result<std::optional<YamlText>> read_config_file(const std::string& path) {
  if (path.empty()) return std::optional<YamlText>();
  constexpr size_t kMostBytes = 1 << 20;
  PRETAG_ASSIGN(const auto bytes, local_file_system().read(path, kMostBytes));
  return std::optional(YamlText{{reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path});
}

Result<std::optional<Shard>> shard_of(const RunArguments& arguments, ProgressSink& progress) {
  if (arguments.shard) {
    PRETAG_ASSIGN(const Shard shard, shard_of_option(*arguments.shard, process_environment));
    return std::optional(shard);
  }
  if (const auto scheduler = array_scheduler(process_environment)) {
    progress.info(fmt::format(
        "This is a task of an array of {}, and does all the images: --shard auto shares them out among its tasks",
        *scheduler));
  }
  return std::optional<Shard>();
}

Result<RunRequest> build_request(const RunArguments& arguments, FileSystem& files, ProgressSink& progress) {
  PRETAG_ASSIGN(const auto yaml, read_config_file(arguments.config_file));
  PRETAG_ASSIGN(ParsedRunConfig parsed, parse_run_config(yaml, arguments.settings));
  for (const std::string& warning : parsed.warnings) progress.warning(warning);
  PRETAG_ASSIGN(auto selection, selection_config_of(parsed.config, files));
  RunRequest request{.input = named_input(arguments.input),
                     .run_folder = arguments.output,
                     .model_path = "",
                     .shared_folder = shared_data_folder(),
                     .config = parsed.config,
                     .selection = std::move(selection)};
  PRETAG_ASSIGN(request.shard, shard_of(arguments, progress));
  if (request.needs_model()) {
    PRETAG_ASSIGN(request.model_path, locate_model(request.config.model, model_search_folders()));
  }
  return request;
}

int run(const RunArguments& arguments) {
  if (arguments.help_config) {
    std::cout << config_help();
    return kExitOk;
  }
  const auto style = progress_style_named(arguments.progress);
  if (!style) return fail({ErrorCode::kInvalidArgument, "--progress: must be auto, bar, lines, json or quiet"});
  const auto sink = make_progress(*style, probe_terminal(STDERR_FILENO), std::cerr);
  LockedProgress progress(*sink);
  const std::atomic<bool>& interrupted = catch_interrupts();
  const auto files = files_and_buckets(interrupted, [&](const std::string& message) { progress.warning(message); });
  // With the images forgotten, a first setting would be taken for them.
  const bool is_setting = arguments.input.find('=') != std::string::npos && !is_bucket_url(arguments.input) &&
                          !files->exists(arguments.input);
  if (arguments.input.empty() || is_setting || arguments.output.empty()) {
    return fail(
        {ErrorCode::kInvalidArgument, "give the images and --output DIR, e.g. pretag run photos/ --output run/"},
        *style);
  }
  if (is_bucket_url(arguments.output)) {
    return fail({ErrorCode::kInvalidArgument,
                 "--output: the run folder must be on this machine; copy it to the bucket when the run has ended"},
                *style);
  }
  for (const std::string& setting : arguments.settings) {
    if (setting.find('=') != std::string::npos || !files->exists(setting)) continue;
    return fail(
        {ErrorCode::kInvalidArgument, "'" + setting + "': the images come from one folder, or are one image or video"},
        *style);
  }
  const auto request = build_request(arguments, *files, progress);
  if (!request) return fail(request.error(), *style);

  const auto summary = execute_run(*request, *files, progress, interrupted);
  if (!summary && summary.error().code == ErrorCode::kCancelled) {
    progress.info("Stopped; the same command resumes");
    return kExitInterrupted;
  }
  if (!summary) return fail(summary.error(), *style);
  if (summary->cancelled) {
    progress.info(fmt::format("Stopped with {} images to go; the same command resumes", summary->counts.pending));
    return kExitInterrupted;
  }
  if (request->shard) {
    progress.info(fmt::format("Shard {} is done, {} images; when all are: pretag merge {}", request->shard->text(),
                              summary->counts.total(), arguments.output));
    return kExitOk;  // what could not be used is for pretag merge to say: a scheduler takes other codes for a failure
  }
  if (const Status updated = update_datapool(*request, *files, progress); !updated) {
    return fail(updated.error(), *style);
  }
  return tell_end(*summary, arguments.output, progress);
}

}  // namespace

void add_run_command(CLI::App& app, std::function<int()>& action) {
  auto arguments = std::make_shared<RunArguments>();
  CLI::App* command =
      app.add_subcommand("run", "Find the objects in a folder of images and videos and report what is there");
  command->add_option("input", arguments->input,
                      "Folder of images and videos (searched recursively), here or in a bucket (s3:// or "
                      "gs://bucket/folder,\naz://container/folder), or one of them");
  command->add_option("settings", arguments->settings, "key=value, see --help-config")->type_name("KEY=VALUE");
  command->add_option("-o,--output", arguments->output, "Run folder; a run that was stopped in it goes on");
  command->add_option("-c,--config", arguments->config_file, "YAML file with settings; those given here come last");
  command->add_option("--shard", arguments->shard,
                      "Only one of several parts of the images, for 'pretag merge' to join: 3/8; auto: as Slurm,\n"
                      "AWS Batch or Google Cloud Batch say; auto/8: for Kubernetes. See docs/clusters.md");
  command->add_option("--progress", arguments->progress, "auto, bar, lines, json or quiet");
  command->add_flag("--help-config", arguments->help_config, "List every setting and leave");
  command->footer(
      "Examples:\n"
      "  pretag run photos/ --output run/\n"
      "  pretag run photos/ --output run/ pretagging=True pretagging_debug=True score_threshold=0.5\n"
      "  pretag run photos/ --output run/ selection.n_samples=100\n"
      "  pretag run photos/ --output run/ selection=selection.json\n"
      "  pretag run drive.mp4 --output run/ selection.n_samples=100 dump_dataset=True\n"
      "  pretag run s3://bucket/photos --output run/ selection.n_samples=100\n"
      "  pretag run photos/ --output run/ device=gpu\n"
      "  pretag run photos/ --output run/ --shard 3/8\n"
      "  pretag run photos/ --output run/ model=my_model.safetensors precision=f32 --progress json\n"
      "Exit codes: 0 done, 1 error, 2 wrong usage, 3 done but some files could not be used, 130 interrupted.");
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace pretag
