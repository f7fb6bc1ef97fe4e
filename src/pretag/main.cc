// The program: one verb a file in cli/.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>

#include "pretag/cli/commands.h"
#include "pretag/cli/exit_codes.h"
#include "pretag/cli/hide_passwords.h"
#include "pretag/cli/usage_hint.h"
#include "pretag/util/version.h"

int main(int argc, char** argv) {
  CLI::App app("Pretag finds out what is in a pile of unlabelled images, and which of them to label first.", "pretag");
  app.set_version_flag("--version", fmt::format("pretag {}", pretag::version()));
  app.require_subcommand(1);

  std::function<int()> action;
  pretag::add_run_command(app, action);
  pretag::add_merge_command(app, action);
  pretag::add_select_command(app, action);
  pretag::add_report_command(app, action);
  pretag::add_eval_command(app, action);
  pretag::add_convert_command(app, action);
  pretag::add_model_command(app, action);
  pretag::add_serve_command(app, action);
  pretag::add_token_command(app, action);
  pretag::add_worker_command(app, action);
  pretag::add_doctor_command(app, action);
  pretag::add_bench_command(app, action);
  // After the commands, which would take it over.
  app.footer("Example:\n  pretag run photos/ --output run/ pretagging=True pretagging_debug=True\n");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (app.exit(error) == 0) return pretag::kExitOk;
    const std::string hint = pretag::hint_for({argv, static_cast<size_t>(argc)}, app);
    if (!hint.empty()) std::cerr << hint << '\n';
    return pretag::kExitUsage;
  }
  pretag::hide_passwords({argv, static_cast<size_t>(argc)});
  return action();
}
