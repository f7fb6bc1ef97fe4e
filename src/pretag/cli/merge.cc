// pretag merge: joins the shards of a run.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <iostream>
#include <memory>

#include "pretag/cli/commands.h"
#include "pretag/cli/exit_codes.h"
#include "pretag/cli/input_files.h"
#include "pretag/cli/locked_progress.h"
#include "pretag/cli/paths.h"
#include "pretag/cli/progress_bar.h"
#include "pretag/cli/run_ending.h"
#include "pretag/cli/selection_keys.h"
#include "pretag/cli/terminal.h"
#include "pretag/run/datapool_pass.h"
#include "pretag/run/merge.h"

namespace pretag {
namespace {

struct MergeArguments {
  std::string run_folder, progress = "auto";
  std::vector<std::string> settings;
};

int fail(const Error& error, ProgressStyle style = ProgressStyle::kAuto) { return fail_with(error, "merge", style); }

int merge(const MergeArguments& arguments) {
  const auto style = progress_style_named(arguments.progress);
  if (!style) {
    return fail({ErrorCode::kInvalidArgument, "--progress: must be auto, bar, lines, json or quiet"});
  }
  if (const Status allowed = check_selection_settings(arguments.settings); !allowed) {
    return fail(allowed.error(), *style);
  }
  const auto sink = make_progress(*style, probe_terminal(STDERR_FILENO), std::cerr);
  LockedProgress progress(*sink);
  const std::atomic<bool>& interrupted = catch_interrupts();
  const auto files = files_and_buckets(interrupted, [&](const std::string& message) { progress.warning(message); });
  const auto merged =
      merge_run({arguments.run_folder, arguments.settings, shared_data_folder()}, *files, progress, interrupted);
  if (!merged && merged.error().code == ErrorCode::kCancelled) {
    progress.info("Stopped; the same command merges anew");
    return kExitInterrupted;
  }
  if (!merged) return fail(merged.error(), *style);
  if (const Status updated = update_datapool(merged->request, *files, progress); !updated) {
    return fail(updated.error(), *style);
  }
  return tell_end(merged->summary, arguments.run_folder, progress);
}

}  // namespace

void add_merge_command(CLI::App& app, std::function<int()>& action) {
  auto arguments = std::make_shared<MergeArguments>();
  CLI::App* command = app.add_subcommand("merge", "Join the shards of a run, select, and write the report");
  command->add_option("run", arguments->run_folder, "The --output of the shards")->required()->type_name("RUN");
  command->add_option("settings", arguments->settings, "key=value of the selection; otherwise as the shards were given")
      ->type_name("KEY=VALUE");
  command->add_option("--progress", arguments->progress, "auto, bar, lines, json or quiet");
  command->footer(
      "Examples:\n"
      "  for i in 1 2 3 4; do pretag run photos/ --output run/ --shard $i/4 selection.n_samples=100; done\n"
      "  pretag merge run/\n"
      "  pretag merge run/ selection.n_samples=500\n"
      "Afterwards the run folder is as if one program had looked at all images. See docs/clusters.md.\n"
      "Exit codes: 0 done, 1 error (also: shards are not done), 2 wrong usage, 3 done but some files could not be "
      "used,\n130 interrupted.");
  command->callback([arguments, &action] { action = [arguments] { return merge(*arguments); }; });
}

}  // namespace pretag
