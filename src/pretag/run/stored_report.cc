#include "pretag/run/stored_report.h"

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "pretag/formats/dataset.h"
#include "pretag/formats/selection_file.h"
#include "pretag/io/file_system.h"
#include "pretag/run/config.h"
#include "pretag/run/config_keys.h"
#include "pretag/run/duplicates.h"
#include "pretag/run/outputs.h"
#include "pretag/run/run_folder.h"
#include "pretag/run/run_inputs.h"
#include "pretag/run/selection_pass.h"

namespace pretag {
namespace {

using Json = nlohmann::json;

// One fact of the ledger: a JSON object with the members below. Version 1; readers refuse others.
constexpr char kReportFact[] = "report";
constexpr int kVersion = 1;

struct StoredReport {
  ReportPass pass;
  bool duplicates = false;  // whether they were looked for
};

// A pair as a list of two: the order of the settings is kept, which a JSON object would not do.
Json pairs_json(const std::vector<std::pair<std::string, std::string>>& pairs) {
  Json list = Json::array();
  for (const auto& [key, value] : pairs) list.push_back(Json::array({key, value}));
  return list;
}

Json job_json(const JobFacts& job) {
  Json stages = Json::array();
  for (const StageTiming& stage : job.stages) stages.push_back({{"name", stage.name}, {"seconds", stage.seconds}});
  return {{"pretag_version", job.pretag_version},
          {"title", job.title},
          {"input", job.input},
          {"machine", job.machine},
          {"precision", job.precision},
          {"accuracy", job.accuracy},
          {"threads", job.threads},
          {"started_unix", job.started_unix},
          {"ended_unix", job.ended_unix},
          {"duration_seconds", job.duration_seconds},
          {"images_per_second", job.images_per_second},
          {"stages", stages},
          {"config", pairs_json(job.config)}};
}

JobFacts read_job(const Json& json) {
  JobFacts job{.pretag_version = json.at("pretag_version"),
               .title = json.at("title"),
               .input = json.at("input"),
               .machine = json.at("machine"),
               .precision = json.at("precision"),
               .accuracy = json.value("accuracy", ""),  // runs of earlier versions have none
               .threads = json.at("threads"),
               .started_unix = json.at("started_unix"),
               .ended_unix = json.at("ended_unix"),
               .duration_seconds = json.at("duration_seconds"),
               .images_per_second = json.at("images_per_second"),
               .stages = {},
               .config = {}};
  for (const Json& stage : json.at("stages")) job.stages.push_back({stage.at("name"), stage.at("seconds")});
  for (const Json& pair : json.at("config")) job.config.emplace_back(pair.at(0), pair.at(1));
  return job;
}

Json model_json(const ModelFacts& model) {
  return {{"name", model.name},       {"architecture", model.architecture},
          {"license", model.license}, {"training_data", model.training_data},
          {"sha256", model.sha256},   {"score_threshold", model.score_threshold},
          {"note", model.note}};
}

ModelFacts read_model(const Json& json) {
  return {.name = json.at("name"),
          .architecture = json.at("architecture"),
          .license = json.at("license"),
          .training_data = json.at("training_data"),
          .sha256 = json.at("sha256"),
          .score_threshold = json.at("score_threshold"),
          .note = json.at("note")};
}

Result<StoredReport> parse_stored(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    if (json.at("version") != kVersion)
      return Error{ErrorCode::kUnsupported, "the report's facts were written by a newer version of pretag"};
    StoredReport stored;
    stored.pass.job = read_job(json.at("job"));
    stored.pass.model = read_model(json.at("model"));
    stored.pass.classes = json.at("classes").get<std::vector<std::string>>();
    stored.pass.debug_images = json.at("debug_images");
    stored.pass.example_pairs = json.at("example_pairs");
    stored.pass.video_timelines = json.value("video_timelines", true);  // runs of earlier versions have none
    stored.duplicates = json.at("duplicates");
    stored.pass.max_image_pixels = json.at("max_image_pixels");
    stored.pass.max_image_bytes = json.at("max_image_bytes");
    return stored;
  } catch (const Json::exception& error) {
    return Error{ErrorCode::kCorrupt, fmt::format("the report's facts are damaged: {}", error.what())};
  }
}

// Opens images of `source`, which is null where the input is gone.
std::function<Result<Image>(const std::string&)> loader(std::shared_ptr<const Source> source, int64_t max_pixels) {
  return [source, max_pixels](const std::string& filename) -> Result<Image> {
    if (!source) return Error{ErrorCode::kNotFound, filename + ": the input is gone"};
    PRETAG_ASSIGN(Picture picture, source->picture(filename, max_pixels));
    return std::move(picture.image);
  };
}

// config/config.yaml with the settings of `config` that are about selecting.
Status write_selection_settings(const RunOutputs& outputs, const RunConfig& config) {
  const std::string path = outputs.path(kConfigFile);
  constexpr size_t kMostBytes = 1 << 20;
  PRETAG_ASSIGN(const std::string text, read_text_file(outputs.files, path, kMostBytes));
  PRETAG_ASSIGN(ParsedRunConfig run, parse_run_config(YamlText{text, path}, {}));
  for (const ConfigKey& key : config_keys()) {
    if (key.of_selection && key.field.index() != 0)
      PRETAG_TRY(set_config_value(run.config, key, config_value(config, key)));
  }
  return outputs.files.write_atomically(path, to_yaml(run.config));
}

}  // namespace

Status store_report_pass(Ledger& ledger, const ReportPass& pass, const RunRequest& request) {
  const Json json = {{"version", kVersion},
                     {"job", job_json(pass.job)},
                     {"model", model_json(pass.model)},
                     {"classes", pass.classes},
                     {"debug_images", pass.debug_images},
                     {"example_pairs", pass.example_pairs},
                     {"video_timelines", pass.video_timelines},
                     {"duplicates", removes_duplicates(request.config)},
                     {"max_image_pixels", pass.max_image_pixels},
                     {"max_image_bytes", pass.max_image_bytes}};
  return ledger.set_fact(kReportFact, json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Result<std::optional<ReportPass>> stored_report_pass(const Ledger& ledger) {
  PRETAG_ASSIGN(const auto fact, ledger.fact(kReportFact));
  if (!fact || fact->empty()) return std::optional<ReportPass>();
  PRETAG_ASSIGN(StoredReport stored, parse_stored(*fact));
  return std::optional(std::move(stored.pass));
}

Status forget_report_pass(Ledger& ledger) { return ledger.set_fact(kReportFact, ""); }

Status store_selection_settings(const RunOutputs& outputs, Ledger& ledger, const RunConfig& config) {
  PRETAG_TRY(write_selection_settings(outputs, config));
  PRETAG_ASSIGN(const auto fact, ledger.fact(kReportFact));
  Json json = fact ? Json::parse(*fact, nullptr, false) : Json();
  if (!json.is_object() || !json.contains("job") || !json["job"].contains("config"))
    return {};  // nothing to report yet
  json["duplicates"] = removes_duplicates(config);
  json["example_pairs"] = example_pairs_of(config);
  json["video_timelines"] = config.show_video_sampling_timeline;
  for (Json& pair : json["job"]["config"]) {
    const bool is_setting = pair.is_array() && pair.size() == 2 && pair[0].is_string();
    const ConfigKey* key = is_setting ? find_config_key(pair[0].get_ref<const std::string&>()) : nullptr;
    if (key != nullptr && key->of_selection) pair[1] = config_value(config, *key);
  }
  return ledger.set_fact(kReportFact, json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

Status regenerate_report(const std::string& run_folder, FileSystem& files) {
  const RunOutputs outputs{files, run_folder};
  PRETAG_ASSIGN(const auto ledger, open_run_to_read(run_folder));
  PRETAG_ASSIGN(const LedgerCounts counts, ledger->counts());
  PRETAG_ASSIGN(const auto fact, ledger->fact(kReportFact));
  if (!fact || fact->empty() || counts.pending > 0)
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: the run is not finished, so there is nothing to report yet; the command that started "
                             "it resumes it",
                             run_folder)};
  auto stored = parse_stored(*fact);
  if (!stored) return stored.error().in(outputs.path(kLedgerFile));
  PRETAG_ASSIGN(const auto selection, read_selection_outputs(outputs));
  ReportPass& pass = stored->pass;
  pass.selection = selection ? &*selection : nullptr;
  if (stored->duplicates && selection) {
    pass.duplicates = selection->duplicates;
  } else if (stored->duplicates) {
    PRETAG_ASSIGN(pass.duplicates, find_duplicates(*ledger));
  }
  auto source = reopen_input(*ledger, files, pass.max_image_bytes, pass.max_image_pixels);
  pass.load = loader(source ? *std::move(source) : nullptr, pass.max_image_pixels);
  return write_run_report(outputs, *ledger, pass);
}

}  // namespace pretag
