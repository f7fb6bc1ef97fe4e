// pretag doctor: gathers the facts, shows the findings.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>

#include "pretag/cli/commands.h"
#include "pretag/cli/diagnosis.h"
#include "pretag/cli/exit_codes.h"
#include "pretag/cli/libraries.h"
#include "pretag/cli/paths.h"
#include "pretag/cli/terminal.h"
#include "pretag/run/model_locator.h"

namespace pretag {
namespace {

namespace fs = std::filesystem;

struct DoctorArguments {
  std::vector<std::string> folders;
  bool json = false;
};

// A folder that does not exist yet is judged by the nearest one above that does.
FolderFacts folder_facts(const std::string& path) {
  FolderFacts facts{.path = path, .writable = false, .reason = "", .free_bytes = 0};
  std::error_code error;
  fs::path existing = fs::absolute(path, error);
  while (existing.has_relative_path() && !fs::exists(existing, error)) existing = existing.parent_path();

  // Asking for permission is not enough (read-only mounts, quotas): make a file. O_TMPFILE has no name to clean up.
  int file = open(existing.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
    std::string name = (existing / ".pretag-doctor-XXXXXX").string();
    file = mkstemp(name.data());
    if (file >= 0) unlink(name.c_str());
  }
  if (file < 0) {
    facts.reason = std::strerror(errno);
  } else {
    facts.writable = write(file, "x", 1) == 1;
    if (!facts.writable) facts.reason = std::strerror(errno);
    close(file);
  }
  struct statvfs space {};
  if (statvfs(existing.c_str(), &space) == 0) facts.free_bytes = uint64_t{space.f_bavail} * space.f_frsize;
  return facts;
}

// Of the two makers whose drivers show in files of their own.
std::string maker_of_gpu() {
  std::error_code error;
  if (fs::exists("/dev/nvidia0", error)) return "NVIDIA";
  return fs::exists("/dev/kfd", error) ? "AMD" : "";
}

DoctorFacts gather(const DoctorArguments& arguments) {
  const std::vector<std::string> model_folders = model_search_folders();
  DoctorFacts facts;
  facts.cpu = probe_cpu_features();
  facts.machine = probe_machine();
  facts.onednn_isa = onednn_isa_name();
  facts.onednn_uses_avx512 = onednn_uses_avx512();
  facts.devices = gpu_devices();
  facts.gpu_maker = maker_of_gpu();
  facts.model = locate_model("", model_folders);
  std::error_code error;
  if (facts.model) {
    facts.model_bytes = fs::file_size(*facts.model, error);
    if (const Status usable = check_model(*facts.model); !usable) facts.model = usable.error();
  }
  facts.models = installed_models(model_folders);
  facts.libraries = library_versions();
  for (const std::string& folder : arguments.folders) facts.folders.push_back(folder_facts(folder));
  return facts;
}

int doctor(const DoctorArguments& arguments) {
  const DoctorFacts facts = gather(arguments);
  const std::vector<Finding> findings = diagnose(facts);
  const Terminal terminal = probe_terminal(STDOUT_FILENO);
  std::cout << (arguments.json ? findings_json(findings, facts)
                               : findings_text(findings, terminal.colour, terminal.utf8));
  return has_failure(findings) ? kExitError : kExitOk;
}

}  // namespace

void add_doctor_command(CLI::App& app, std::function<int()>& action) {
  const auto arguments = std::make_shared<DoctorArguments>();
  CLI::App* command = app.add_subcommand("doctor", "Check this machine and installation, and say what to mend");
  command->add_option("folders", arguments->folders, "Folders that runs would write to")->type_name("FOLDER");
  command->add_flag("--json", arguments->json, "One JSON object instead of lines");
  command->callback([arguments, &action] { action = [arguments] { return doctor(*arguments); }; });
}

}  // namespace pretag
