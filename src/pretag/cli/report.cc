// pretag report: writes the report of a finished run again.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <iostream>
#include <memory>

#include "pretag/cli/commands.h"
#include "pretag/cli/exit_codes.h"
#include "pretag/cli/input_files.h"
#include "pretag/run/stored_report.h"

namespace pretag {
namespace {

int report(const std::string& run_folder) {
  static constexpr std::atomic<bool> kNever = false;
  const Status written = regenerate_report(run_folder, *files_and_buckets(kNever));
  if (!written) {
    std::cerr << "pretag report: " << written.error().message << '\n';
    return written.error().code == ErrorCode::kInvalidArgument ? kExitUsage : kExitError;
  }
  std::cout << fmt::format("Report: {}/report.html\n", run_folder);
  return kExitOk;
}

}  // namespace

void add_report_command(CLI::App& app, std::function<int()>& action) {
  auto run_folder = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("report", "Write the report of a finished run again");
  command->add_option("run", *run_folder, "Run folder")->required()->type_name("RUN");
  command->footer(
      "Writes report.html, report.pdf, report.json, report_v2.json, plots/ and the debug images from run.db and\n"
      "data/selection.json. Pictures need the input images where the run found them.\n"
      "Example:\n"
      "  pretag report run/\n"
      "Exit codes: 0 done, 1 error, 2 wrong usage.");
  command->callback([run_folder, &action] { action = [run_folder] { return report(*run_folder); }; });
}

}  // namespace pretag
