#include "pretag/run/shards.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "pretag/formats/dataset.h"
#include "pretag/io/file_system.h"
#include "pretag/run/run_folder.h"
#include "pretag/run/stored_report.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

using Json = nlohmann::json;

constexpr char kFolder[] = "shards";
constexpr int kVersion = 1;  // of shards.json; readers refuse others

std::string claim_path(const std::string& run_folder) { return run_folder + "/" + kFolder + "/shards.json"; }

struct Claim {
  int count = 0;
  RunIdentity identity;
};

Result<Claim> read_claim(const FileSystem& files, const std::string& run_folder) {
  const std::string path = claim_path(run_folder);
  constexpr size_t kMostBytes = 1 << 20;
  PRETAG_ASSIGN(const auto bytes, files.read(path, kMostBytes));
  const char* text = reinterpret_cast<const char*>(bytes.data());
  try {
    const Json json = Json::parse(text, text + bytes.size());
    if (json.at("version") != kVersion) {
      return Error{ErrorCode::kUnsupported, path + ": was written by a newer version of pretag"};
    }
    Claim claim{.count = json.at("count"), .identity = json.at("identity").get<RunIdentity>()};
    if (claim.count < 1 || claim.count > kMostShards) {
      return Error{ErrorCode::kCorrupt, fmt::format("{}: says that there are {} shards", path, claim.count)};
    }
    return claim;
  } catch (const Json::exception& error) {
    return Error{ErrorCode::kCorrupt, fmt::format("{}: is damaged: {}", path, error.what())};
  }
}

Error differs(const Shard& shard, const std::string& name, const std::string& theirs, const std::string& ours) {
  return {ErrorCode::kConflict,
          fmt::format("the shards of this run were begun with {} '{}', and shard {} has '{}'; give every shard the "
                      "same, or another output folder",
                      name, theirs, shard.text(), ours)};
}

Status check_same(const Shard& shard, const RunIdentity& theirs, const RunIdentity& ours) {
  for (const auto& [name, value] : ours) {
    const auto found = theirs.find(name);
    const std::string other = found == theirs.end() ? "" : found->second;
    if (other != value) return differs(shard, name, other, value);
  }
  return {};
}

// Why a shard cannot be merged yet; empty: it can.
std::string fault_of(const std::string& run_folder, const Shard& shard) {
  const std::string folder = shard_folder(run_folder, shard);
  if (!local_file_system().exists(folder + "/" + kLedgerFile)) return "has not begun";
  const auto ledger = open_run_to_read(folder);
  if (!ledger && ledger.error().code == ErrorCode::kUnavailable) return "at work";
  if (!ledger) return ledger.error().message;
  const auto counts = (*ledger)->counts();
  if (!counts) return counts.error().message;
  if (counts->pending > 0) return fmt::format("{} images to go", counts->pending);
  const auto report = stored_report_pass(**ledger);
  if (!report) return report.error().message;
  return *report ? "" : "not finished";
}

}  // namespace

std::string shard_folder(const std::string& run_folder, const Shard& shard) {
  return fmt::format("{}/{}/{}-of-{}", run_folder, kFolder, shard.number, shard.count);
}

Status prepare_shard_folder(FileSystem& files, const std::string& run_folder, const Shard& shard) {
  if (!files.exists(claim_path(run_folder)) && files.exists(run_folder)) {
    PRETAG_ASSIGN(const auto entries, files.list(run_folder));
    const auto other = std::ranges::find_if(entries, [](const DirectoryEntry& entry) { return entry.name != kFolder; });
    if (other != entries.end()) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("{}: holds something else than the shards of a run ('{}' is in it); choose another "
                               "output folder",
                               run_folder, other->name)};
    }
  }
  return prepare_run_folder(files, shard_folder(run_folder, shard));
}

Status claim_shards(FileSystem& files, const std::string& run_folder, const Shard& shard, const RunIdentity& identity) {
  // It is kept as JSON; that another shard finds a path there that is only like its own would not do.
  for (const auto& [name, value] : identity) {
    if (is_valid_utf8(value)) continue;
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{} '{}' is not UTF-8, which shards need; rename it", name, one_line(value))};
  }
  const Json ours = {{"version", kVersion}, {"count", shard.count}, {"identity", identity}};
  PRETAG_ASSIGN(const bool first, files.write_if_absent(claim_path(run_folder), ours.dump(2) + "\n"));
  if (first) return {};
  PRETAG_ASSIGN(const Claim claim, read_claim(files, run_folder));
  if (claim.count != shard.count) {
    return differs(shard, "a number of", std::to_string(claim.count), std::to_string(shard.count));
  }
  return check_same(shard, claim.identity, identity);
}

Status check_shard_identity(const Ledger& ledger, const Shard& shard, const RunIdentity& identity) {
  PRETAG_ASSIGN(const RunIdentity ours, identity_in(ledger, identity));
  return check_same(shard, identity, ours);
}

Status keep_selection(const RunOutputs& outputs, const RunConfig& config) {
  const std::string kept = outputs.path(kShardSelection);
  if (config.selection.empty()) {
    PRETAG_TRY(outputs.files.remove(kept));
    return {};
  }
  constexpr size_t kMostBytes = size_t{64} << 20;
  PRETAG_ASSIGN(const std::string text, read_text_file(outputs.files, config.selection, kMostBytes));
  return outputs.files.write_atomically(kept, text);
}

Status finish_shard(const ResultsPass& pass) {
  PRETAG_ASSIGN(const ReportPass report, report_pass(pass));
  return store_report_pass(pass.ledger, report, pass.request);
}

Result<ShardedRun> find_finished_shards(FileSystem& files, const std::string& run_folder) {
  if (!files.exists(claim_path(run_folder))) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: holds no shards of a run; give the folder that 'pretag run … --shard 1/8' wrote to "
                             "with --output",
                             run_folder)};
  }
  PRETAG_ASSIGN(Claim claim, read_claim(files, run_folder));
  ShardedRun run{.shards = {}, .identity = std::move(claim.identity)};
  constexpr size_t kMostNamed = 5;
  std::vector<std::string> faults;
  size_t not_done = 0;
  for (int number = 1; number <= claim.count; ++number) {
    const Shard shard{number, claim.count};
    run.shards.push_back(shard);
    const std::string fault = fault_of(run_folder, shard);
    if (fault.empty()) continue;
    if (++not_done <= kMostNamed) faults.push_back(fmt::format("{}/{} ({})", shard.number, shard.count, fault));
  }
  if (not_done == 0) return run;
  return Error{
      ErrorCode::kNotFound,
      fmt::format(
          "{}: {} of {} shards are not done: {}{}; those that are not at work, run with the command of the others",
          run_folder, not_done, claim.count, fmt::join(faults, ", "), not_done > kMostNamed ? " …" : "")};
}

}  // namespace pretag
