// pretag select: chooses again from a finished run.
#include <fmt/format.h>

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <iostream>
#include <memory>

#include "pretag/cli/commands.h"
#include "pretag/cli/exit_codes.h"
#include "pretag/cli/input_files.h"
#include "pretag/cli/progress_bar.h"
#include "pretag/cli/progress_line.h"
#include "pretag/cli/run_ending.h"
#include "pretag/cli/selection_keys.h"
#include "pretag/cli/terminal.h"
#include "pretag/io/file_system.h"
#include "pretag/run/config.h"
#include "pretag/run/outputs.h"
#include "pretag/run/sampled_images.h"
#include "pretag/run/select_again.h"
#include "pretag/run/selection_settings.h"
#include "pretag/run/stored_report.h"
#include "pretag/util/printable.h"

namespace pretag {
namespace {

struct SelectArguments {
  std::string run_folder;
  std::vector<std::string> settings;
  bool no_report = false;
};

// Ctrl-C ends the program: what it was about is chosen again soon.
constexpr std::atomic<bool> kNever = false;

int fail(const Error& error) { return fail_with(error, "select"); }

Result<Selection> select(const SelectArguments& arguments, FileSystem& files) {
  PRETAG_TRY(check_selection_settings(arguments.settings));
  PRETAG_ASSIGN(const ParsedRunConfig parsed, parse_run_config(std::nullopt, arguments.settings));
  PRETAG_TRY(parse_output_size(parsed.config.output_image_size));
  const RunConfig& config = parsed.config;
  PRETAG_ASSIGN(const auto selection_config, selection_config_of(config, files));
  if (!config.datapool_name.empty()) {
    return Error{ErrorCode::kInvalidArgument, "datapool.name: a pool grows by runs, not by selecting again"};
  }
  if (!selection_config) {
    return Error{ErrorCode::kInvalidArgument,
                 "say how many to select, e.g. pretag select run/ selection.n_samples=100"};
  }
  const RunOutputs outputs{files, arguments.run_folder};
  const auto progress = make_progress(ProgressStyle::kAuto, probe_terminal(STDERR_FILENO), std::cerr);
  return select_again(outputs, *selection_config, config, *progress, kNever);
}

int run(const SelectArguments& arguments) {
  const auto files = files_and_buckets(kNever);
  const auto selection = select(arguments, *files);
  if (!selection) return fail(selection.error());
  for (const std::string& note : selection->notes) std::cerr << "Warning: " << printable(note) << '\n';
  if (const auto& objects = selection->objects) {
    std::cout << fmt::format("Selected {} of {} objects, in {} of {} images: {}/filenames/sampled_crops.txt\n",
                             objects->selected.size(), objects->inputs(), selection->selected.size(), selection->inputs,
                             arguments.run_folder);
  } else {
    std::cout << fmt::format("Selected {} of {} images: {}/filenames/sampled_filenames.txt\n",
                             selection->selected.size(), selection->inputs, arguments.run_folder);
  }
  if (arguments.no_report) return kExitOk;
  const Status reported = regenerate_report(arguments.run_folder, *files);
  if (!reported) return fail(reported.error());
  std::cout << fmt::format("Report: {}/report.html\n", arguments.run_folder);
  return kExitOk;
}

}  // namespace

void add_select_command(CLI::App& app, std::function<int()>& action) {
  auto arguments = std::make_shared<SelectArguments>();
  CLI::App* command = app.add_subcommand("select", "Select again from a finished run, and write its report again");
  command->add_option("run", arguments->run_folder, "Run folder")->required()->type_name("RUN");
  command->add_option("settings", arguments->settings, "key=value, see docs/formats/selection.md")
      ->type_name("KEY=VALUE");
  command->add_flag("--no-report", arguments->no_report, "Leave the report as it is, of the earlier selection");
  command->footer(
      "Examples:\n"
      "  pretag select run/ selection.n_samples=100\n"
      "  pretag select run/ selection.proportion_samples=0.1 selection=selection.json\n"
      "  pretag select run/ selection.n_samples=100 embeddings=clip.csv\n"
      "  pretag select run/ selection.n_samples=500 object_level.task_name=lightly_pretagging\n"
      "  pretag select run/ selection.n_samples=50 'selection.strategies=[{\"input\": {\"type\": \"PREDICTIONS\", "
      "\"task\": \"lightly_pretagging\"}, \"strategy\": {\"type\": \"BALANCE\", \"distribution\": \"UNIFORM\"}}]'\n"
      "Settings that are not given have their defaults, whatever the run had.\n"
      "Exit codes: 0 done, 1 error, 2 wrong usage.");
  command->callback([arguments, &action] { action = [arguments] { return run(*arguments); }; });
}

}  // namespace pretag
