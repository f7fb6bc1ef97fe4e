#include "pretag/cli/run_ending.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <iostream>

#include "pretag/cli/exit_codes.h"
#include "pretag/cli/progress_line.h"
#include "pretag/io/file_system.h"
#include "pretag/run/outputs.h"
#include "pretag/util/printable.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

std::atomic<bool> interrupted = false;

// The second one is handled, too: what has no handler does not end the first process of a container.
void on_interrupt(int signal) {
  constexpr int kEndedBySignal = 128;  // as shells have it
  if (interrupted.exchange(true)) ::_exit(kEndedBySignal + signal);
}

}  // namespace

const std::atomic<bool>& catch_interrupts() {
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  return interrupted;
}

int fail_with(const Error& error, const std::string& verb, ProgressStyle style) {
  const ExitCode code = exit_code_of(error);
  const bool json = style == ProgressStyle::kJson;
  std::cerr << (json ? json_error_line(error.message, code)
                     : fmt::format("pretag {}: {}", verb, printable(error.message)))
            << '\n';
  return code;
}

int tell_end(const RunSummary& summary, const std::string& run_folder, ProgressSink& progress) {
  if (summary.selected) {
    const auto& [images, objects] = *summary.selected;
    const std::string in_images = counted(images, "image", "images");
    const std::string what =
        objects ? fmt::format("{} in {}", counted(*objects, "object", "objects"), in_images) : in_images;
    progress.info(fmt::format("Selected {}: {}/filenames/{}", what, run_folder,
                              objects ? "sampled_crops.txt" : "sampled_filenames.txt"));
  }
  progress.info(fmt::format("Report: {}/report.html", run_folder));
  if (summary.counts.failed == 0) return kExitOk;
  const std::string list = fmt::format("{}/{}", run_folder, kCorruptNames);
  progress.warning(fmt::format("{} of {} files could not be used: see {}", summary.counts.failed,
                               summary.counts.total(),
                               local_file_system().exists(list) ? list : run_folder + "/report.html"));
  return kExitSomeFailed;
}

}  // namespace pretag
