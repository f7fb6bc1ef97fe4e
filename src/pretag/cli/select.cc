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
#include "pretag/cli/selection_keys.h"
#include "pretag/cli/terminal.h"
#include "pretag/io/file_system.h"
#include "pretag/run/config.h"
#include "pretag/run/object_crops.h"
#include "pretag/run/own_embeddings.h"
#include "pretag/run/run_folder.h"
#include "pretag/run/run_inputs.h"
#include "pretag/run/sampled_images.h"
#include "pretag/run/selection_pass.h"
#include "pretag/run/selection_settings.h"
#include "pretag/run/stored_report.h"
#include "pretag/util/machine.h"

namespace pretag {
namespace {

struct SelectArguments {
  std::string run_folder;
  std::vector<std::string> settings;
  bool no_report = false;
};

int fail(const Error& error) {
  std::cerr << "pretag select: " << error.message << '\n';
  return exit_code_of(error);
}

Status copy_selected(const RunOutputs& outputs, const Source& input, const Selection& selection,
                     const RunConfig& config) {
  const auto progress = make_progress(ProgressStyle::kAuto, probe_terminal(STDERR_FILENO), std::cerr);
  const std::atomic<bool> never = false;
  PRETAG_TRY(write_sampled_images(outputs, input, selection, config, *progress, never));
  if (!selection.objects) return {};
  return write_crops(outputs, input, *selection.objects, config.max_image_pixels, *progress, never);
}

// Those of the settings, also if that is none: then the network's count again.
Status take_embeddings(const std::string& path, const SelectionConfig& selection, const RunOutputs& outputs,
                       Ledger& ledger) {
  PRETAG_ASSIGN(const bool has_own, has_own_embeddings(ledger));
  if (path.empty() && !has_own) return {};
  if (path.empty() && needs_detector(selection, false)) {
    PRETAG_ASSIGN(const bool to_go_back_to, any_embedding_of_a_network(ledger));
    if (!to_go_back_to) {
      return Error{ErrorCode::kInvalidArgument,
                   "no network has seen these images, so there are no embeddings but your own: give them, as "
                   "embeddings=FILE.csv, again"};
    }
  }
  const auto progress = make_progress(ProgressStyle::kAuto, probe_terminal(STDERR_FILENO), std::cerr);
  PRETAG_TRY(take_own_embeddings({outputs.files, path}, ledger, *progress));
  return write_embeddings(outputs, ledger, *progress);
}

Result<Selection> select_again(const RunOutputs& outputs, const SelectionConfig& selection_config, RunConfig config) {
  PRETAG_ASSIGN(const auto ledger, open_run_to_write(outputs.folder));
  PRETAG_ASSIGN(const LedgerCounts counts, ledger->counts());
  PRETAG_ASSIGN(const auto finished, stored_report_pass(*ledger));
  if (!finished || counts.pending > 0) {
    const std::string to_come = counts.pending > 0 ? fmt::format(", {} images are to come", counts.pending) : "";
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: the run is not finished{}; resume it with the command that started it",
                             outputs.folder, to_come)};
  }
  // Images that the run has read are small enough to be copied.
  config.max_image_pixels = finished->max_image_pixels;
  config.max_image_bytes = finished->max_image_bytes;
  const auto input = reopen_input(*ledger, outputs.files, config.max_image_bytes, config.max_image_pixels);
  if (config.dump_dataset && !input) return input.error();  // before anything of the earlier selection is gone
  PRETAG_ASSIGN(SelectionSources sources, selection_sources(*ledger, outputs.files));
  PRETAG_ASSIGN(const std::string own, find_own_embeddings(config.embeddings, sources.lightly_folder, outputs.files));
  PRETAG_ASSIGN(sources.embedding_columns, length_of_embeddings(own, outputs.files));
  PRETAG_TRY(check_selection(selection_config, config, sources));
  PRETAG_TRY(take_embeddings(own, selection_config, outputs, *ledger));
  const int threads = config.num_threads > 0 ? static_cast<int>(config.num_threads) : available_cores();
  const EmbeddingsTable no_pool;
  const SelectionPass pass{selection_config, config, sources, no_pool, threads, nullptr};
  PRETAG_ASSIGN(Selection selection, select_from_ledger(*ledger, pass));
  PRETAG_TRY(write_selection_outputs(outputs, *ledger, selection));
  PRETAG_TRY(write_sequences(outputs, selection, config.selected_sequence_length, input ? input->get() : nullptr));
  PRETAG_TRY(removes_duplicates(config) ? write_duplicates(outputs, selection.duplicates)
                                        : remove_duplicate_list(outputs));
  PRETAG_TRY(remove_sampled_images(outputs));
  PRETAG_TRY(remove_crops(outputs));
  PRETAG_TRY(store_selection_settings(outputs, *ledger, config));
  if (config.dump_dataset) PRETAG_TRY(copy_selected(outputs, **input, selection, config));
  return selection;
}

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
  return select_again(outputs, *selection_config, config);
}

int run(const SelectArguments& arguments) {
  static constexpr std::atomic<bool> kNever = false;
  const auto files = files_and_buckets(kNever);
  const auto selection = select(arguments, *files);
  if (!selection) return fail(selection.error());
  for (const std::string& note : selection->notes) std::cerr << "Warning: " << note << '\n';
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
