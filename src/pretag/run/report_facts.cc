#include "pretag/run/report_facts.h"

#include <fmt/format.h>

#include <ctime>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "pretag/run/config_keys.h"
#include "pretag/util/cpu_features.h"
#include "pretag/util/machine.h"
#include "pretag/util/strings.h"
#include "pretag/util/version.h"

namespace pretag {
namespace {

// Also of "photos/" and ".".
std::string name_of_folder(const std::filesystem::path& whole) {
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

}  // namespace

std::string this_machine() {
  const MachineInfo machine = probe_machine();
  return fmt::format("{}, {} cores, {}", probe_cpu_features().name, machine.cores_available,
                     human_bytes(static_cast<double>(machine.memory_total)));
}

Result<JobFacts> job_facts(const RunRequest& request, const FileSystem& files, const Ledger& ledger,
                           const RunTimer& timer, const Workplace& workplace) {
  PRETAG_ASSIGN(const WorkDone work, work_done(ledger));
  JobFacts job;
  job.pretag_version = version();
  job.title = request.title.empty() ? name_of_folder(files.canonical(request.input)) : request.title;
  job.input = request.input;
  job.machine = workplace.machine;
  job.precision = workplace.precision;
  job.accuracy = workplace.precision.empty() ? "" : name_of(request.config.accuracy);
  job.threads = workplace.threads;
  job.started_unix = workplace.started_unix;
  job.ended_unix = std::time(nullptr);
  job.duration_seconds = work.seconds + timer.seconds_besides();
  job.images_per_second = work.seconds > 0 ? static_cast<double>(work.images) / work.seconds : 0;
  job.stages = timer.stages();
  for (const ConfigKey& key : config_keys()) {
    if (key.status == KeyStatus::kWorks) job.config.emplace_back(key.name, config_value(request.config, key));
  }
  return job;
}

ModelFacts model_facts(const std::string& path, const ModelMetadata& metadata, const std::string& sha256,
                       float score_threshold) {
  return {.name = std::filesystem::path(path).filename().string(),
          .architecture = metadata.architecture,
          .license = metadata.license,
          .training_data = metadata.training_data,
          .sha256 = sha256,
          .score_threshold = score_threshold,
          .note = metadata.note};
}

Status store_model_facts(Ledger& ledger, const ModelMetadata& metadata, float score_threshold) {
  PRETAG_TRY(ledger.set_fact(kOutputClassesFact, nlohmann::json(metadata.output_classes).dump()));
  PRETAG_TRY(ledger.set_fact(kModelClassesFact, nlohmann::json(metadata.classes).dump()));
  return ledger.set_fact(kScoreThresholdFact, fmt::format("{}", score_threshold));
}

}  // namespace pretag
