#include "pretag/run/shard_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "pretag/formats/dataset.h"
#include "pretag/io/file_system.h"
#include "pretag/run/config_keys.h"
#include "pretag/run/run_folder.h"
#include "pretag/run/selection_pass.h"
#include "pretag/run/stored_report.h"

namespace pretag {
namespace {

Result<RunConfig> config_of(const FileSystem& files, const std::string& shard_folder) {
  const std::string path = shard_folder + "/" + kConfigFile;
  constexpr size_t kMostBytes = 1 << 20;
  PRETAG_ASSIGN(const std::string text, read_text_file(files, path, kMostBytes));
  PRETAG_ASSIGN(const ParsedRunConfig parsed, parse_run_config(YamlText{text, path}, {}));
  return parsed.config;
}

// Empty where the shard was given no such file.
Result<std::string> selection_of(const FileSystem& files, const std::string& shard_folder) {
  const std::string path = shard_folder + "/" + kShardSelection;
  constexpr size_t kMostBytes = size_t{64} << 20;
  return files.exists(path) ? read_text_file(files, path, kMostBytes) : std::string();
}

// How fast a shard worked is its own affair, and so is where it found things whose content is compared.
bool is_of_the_machine(const ConfigKey& key) {
  return key.name == "num_threads" || key.name == "num_processes" || key.name == "model" || key.name == "precision" ||
         key.name == "embeddings" || key.name == "device" || key.name == "selection";
}

// A setting that only some shards were given would silently hold for all or for none.
Status check_same(const RunConfig& first, const RunConfig& other, const Shard& shard) {
  for (const ConfigKey& key : config_keys()) {
    if (key.field.index() == 0 || is_of_the_machine(key)) continue;
    const std::string ours = config_value(first, key), theirs = config_value(other, key);
    if (ours == theirs) continue;
    return Error{ErrorCode::kConflict,
                 fmt::format("shard {} was run with {}={}, and the first with {}={}; run one of them again with the "
                             "setting of the other: it does not look at its images again",
                             shard.text(), key.name, theirs, key.name, ours)};
  }
  return {};
}

// The files of a setting differ.
Error other_content(const Shard& shard, const char* setting, const std::string& file) {
  return {ErrorCode::kConflict,
          fmt::format("shard {} was run with another content of {}={} than the first; run one of them again with the "
                      "file of the other: it does not look at its images again",
                      shard.text(), setting, file)};
}

// "3 × this processor; 1 × that one".
std::string machines_text(const std::map<std::string, int>& machines) {
  std::vector<std::string> texts;
  texts.reserve(machines.size());
  for (const auto& [machine, count] : machines) texts.push_back(fmt::format("{} × {}", count, machine));
  return fmt::format("{}", fmt::join(texts, "; "));
}

}  // namespace

Result<ShardFacts> read_shard_facts(const FileSystem& files, const std::string& run_folder, const ShardedRun& run) {
  ShardFacts facts;
  std::map<std::string, int> machines;
  for (const Shard& shard : run.shards) {
    const std::string folder = shard_folder(run_folder, shard);
    PRETAG_ASSIGN(const RunConfig config, config_of(files, folder));
    PRETAG_ASSIGN(const auto ledger, open_run_to_read(folder));
    PRETAG_ASSIGN(const auto report, stored_report_pass(*ledger));
    PRETAG_ASSIGN(const WorkDone work, work_done(*ledger));
    PRETAG_ASSIGN(const LedgerCounts counts, ledger->counts());
    PRETAG_ASSIGN(const std::string selection, selection_of(files, folder));
    PRETAG_ASSIGN(const auto embeddings, ledger->fact(kOwnEmbeddingsFact));
    PRETAG_ASSIGN(const auto embedded, embedded_tasks(*ledger));
    if (!report) return Error{ErrorCode::kNotFound, folder + ": the shard began again meanwhile"};
    if (shard.number == 1) {
      facts.config = config;
      facts.selection = selection;
      facts.embeddings = embeddings.value_or("");
      facts.embedded_tasks = embedded;
      facts.model = report->model;
      facts.workplace.precision = report->job.precision;
      facts.workplace.started_unix = report->job.started_unix;
    }
    PRETAG_TRY(check_shard_identity(*ledger, shard, run.identity));
    PRETAG_TRY(check_same(facts.config, config, shard));
    if (selection != facts.selection) return other_content(shard, "selection", config.selection);
    if (embeddings.value_or("") != facts.embeddings) return other_content(shard, "embeddings", config.embeddings);
    std::erase_if(facts.embedded_tasks,
                  [&](const std::string& task) { return std::ranges::find(embedded, task) == embedded.end(); });
    ++machines[report->job.machine];
    facts.workplace.threads += report->job.threads;
    facts.workplace.started_unix = std::min(facts.workplace.started_unix, report->job.started_unix);
    facts.work.images += work.images;
    facts.work.seconds += work.seconds;
    facts.images += counts.total();
  }
  facts.workplace.machine = machines_text(machines);
  return facts;
}

}  // namespace pretag
