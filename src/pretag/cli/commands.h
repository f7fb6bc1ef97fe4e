// One function a verb: it adds its subcommand and, when that is chosen, sets `action` to what main() runs.
// The action returns the program's exit code (cli/exit_codes.h).
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace pretag {

void add_run_command(CLI::App& app, std::function<int()>& action);
void add_merge_command(CLI::App& app, std::function<int()>& action);
void add_select_command(CLI::App& app, std::function<int()>& action);
void add_model_command(CLI::App& app, std::function<int()>& action);
void add_report_command(CLI::App& app, std::function<int()>& action);
void add_eval_command(CLI::App& app, std::function<int()>& action);
void add_convert_command(CLI::App& app, std::function<int()>& action);
void add_serve_command(CLI::App& app, std::function<int()>& action);
void add_token_command(CLI::App& app, std::function<int()>& action);
void add_worker_command(CLI::App& app, std::function<int()>& action);
void add_doctor_command(CLI::App& app, std::function<int()>& action);
void add_bench_command(CLI::App& app, std::function<int()>& action);

}  // namespace pretag
