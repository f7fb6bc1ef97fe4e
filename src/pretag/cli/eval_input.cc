#include "pretag/cli/eval_input.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "pretag/formats/coco.h"
#include "pretag/formats/pretagging_dump.h"
#include "pretag/formats/yolo.h"
#include "pretag/io/file_system.h"
#include "pretag/nn/model_metadata.h"
#include "pretag/run/run_folder.h"
#include "pretag/store/ledger.h"

namespace pretag {
namespace {

// Labels and dumps are held as text while they are read.
constexpr size_t kMostBytes = size_t{8} << 30;

bool is_folder(const std::string& path) {
  const auto entry = local_file_system().entry(path);
  return entry.ok() && entry->is_directory;
}

Result<std::string> read_text(const std::string& path) {
  PRETAG_ASSIGN(const auto bytes, local_file_system().read(path, kMostBytes));
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

// The predictions, of which a dump's still wait for the images' sizes.
struct Predictions {
  std::vector<std::string> classes;
  std::vector<Prediction> in_pixels;          // of a run
  std::vector<PretaggingDumpEntry> relative;  // of a dump
  bool from_dump = false;
  std::optional<float> score_threshold;
  int64_t to_come = 0;
};

// The classes a model could have found: those it says, or else the seven and whatever it found.
std::vector<std::string> classes_or(const std::optional<std::string>& fact, const std::set<std::string>& seen) {
  const auto stored = nlohmann::json::parse(fact.value_or(""), nullptr, false);
  const auto is_string = [](const nlohmann::json& name) { return name.is_string(); };
  if (stored.is_array() && !stored.empty() && std::ranges::all_of(stored, is_string)) return stored;
  std::vector<std::string> classes = pretagging_classes();
  for (const std::string& name : seen) {
    if (std::ranges::find(classes, name) == classes.end()) classes.push_back(name);
  }
  return classes;
}

Result<Predictions> read_ledger(const Ledger& ledger, bool with_probabilities) {
  Predictions predictions;
  std::set<std::string> seen;
  PRETAG_TRY(ledger.for_each_result([&](const ImageResult& result) {
    const ImageInfo& info = result.info;
    Prediction& prediction = predictions.in_pixels.emplace_back(Prediction{info.filename, info.width, info.height, {}});
    for (const Detection& detection : result.detections) {
      seen.insert(detection.label);
      Detection& kept = prediction.detections.emplace_back();
      kept = {detection.box_in_image, detection.label, detection.score, {}};
      if (with_probabilities) kept.probabilities = detection.probabilities;
    }
    return Status();
  }));
  PRETAG_ASSIGN(const auto fact, ledger.fact(kOutputClassesFact));
  predictions.classes = classes_or(fact, seen);
  PRETAG_ASSIGN(const LedgerCounts counts, ledger.counts());
  predictions.to_come = counts.pending;
  PRETAG_ASSIGN(const auto threshold, ledger.fact(kScoreThresholdFact));
  if (threshold) predictions.score_threshold = std::strtof(threshold->c_str(), nullptr);
  return predictions;
}

Result<Predictions> read_dump(const std::string& path) {
  PRETAG_ASSIGN(const std::string text, read_text(path));
  Predictions predictions{
      .classes = {}, .in_pixels = {}, .relative = {}, .from_dump = true, .score_threshold = {}, .to_come = 0};
  std::set<std::string> seen;
  const Status status = read_pretagging_dump(text, [&](const PretaggingDumpEntry& entry) {
    for (const Detection& detection : entry.relative_detections) seen.insert(detection.label);
    predictions.relative.push_back(entry);
    return Status();
  });
  if (!status) return status.error().in(path);
  predictions.classes = classes_or(std::nullopt, seen);
  return predictions;
}

Result<Predictions> read_predictions(const EvalInput& input) {
  const std::string& path = input.predictions;
  const bool is_ledger = path.ends_with(".db");
  if (!is_ledger && !is_folder(path)) return read_dump(path);
  PRETAG_ASSIGN(const auto ledger, is_ledger ? Ledger::open_read_only(path) : open_run_to_read(path));
  return read_ledger(*ledger, input.with_probabilities);
}

Result<std::vector<std::string>> read_class_names(const EvalInput& input) {
  std::vector<std::string> candidates;
  for (const char* place : kYoloClassNamePlaces) candidates.push_back(input.labels + place);
  if (!input.names.empty()) candidates = {input.names};
  for (const std::string& path : candidates) {
    if (input.names.empty() && !local_file_system().exists(path)) continue;
    PRETAG_ASSIGN(const std::string text, read_text(path));
    auto names = read_yolo_class_names(text, path);
    return names.ok() ? names : names.error().in(path);
  }
  return Error{ErrorCode::kInvalidArgument,
               input.labels + ": no classes.txt or data.yaml is there; say with --names where the class names are"};
}

Result<LabelSet> read_yolo(const EvalInput& input, const Predictions& predictions,
                           std::vector<std::string>& without_file, std::vector<std::string>& unused_files) {
  if (predictions.from_dump) {
    return Error{ErrorCode::kUnsupported,
                 input.predictions +
                     ": neither a dump nor YOLO labels tell the images' sizes; evaluate the run "
                     "folder instead, or use COCO labels"};
  }
  PRETAG_ASSIGN(const auto names, read_class_names(input));
  std::vector<ImageSize> sizes;
  for (const Prediction& p : predictions.in_pixels) sizes.push_back({p.filename, p.width, p.height});
  PRETAG_ASSIGN(YoloFolder folder, read_yolo_folder(local_file_system(), input.labels, names, sizes));
  without_file = std::move(folder.without_file);
  unused_files = std::move(folder.unused_files);
  return std::move(folder.labels);
}

Result<LabelSet> read_coco(const std::string& path) {
  PRETAG_ASSIGN(const std::string text, read_text(path));
  auto labels = read_coco_labels(text);
  if (!labels) return labels.error().in(path);
  return std::move(labels->labels);
}

// A dump's boxes take the size of the labelled image; what has no label needs none, for it is only named.
Status scale_to_labels(Predictions& predictions, const std::vector<LabelledImage>& labels, const std::string& path) {
  for (PretaggingDumpEntry& entry : predictions.relative) {
    const auto label = std::ranges::lower_bound(labels, entry.filename, {}, &LabelledImage::filename);
    const bool labelled = label != labels.end() && label->filename == entry.filename;
    predictions.in_pixels.push_back(labelled ? to_pixels(entry, label->width, label->height) : to_pixels(entry, 1, 1));
  }
  predictions.relative.clear();
  std::ranges::sort(predictions.in_pixels, {}, &Prediction::filename);
  const auto twice = std::ranges::adjacent_find(predictions.in_pixels, {}, &Prediction::filename);
  if (twice == predictions.in_pixels.end()) return {};
  return Error{ErrorCode::kCorrupt, fmt::format("{}: the file name \"{}\" occurs twice", path, twice->filename)};
}

}  // namespace

Result<std::map<std::string, std::string>> parse_renames(const std::vector<std::string>& renames) {
  std::map<std::string, std::string> parsed;
  for (const std::string& rename : renames) {
    const size_t equals = rename.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == rename.size()) {
      return Error{ErrorCode::kInvalidArgument, "--rename " + rename + ": must be FROM=TO, e.g. pedestrian=person"};
    }
    parsed[rename.substr(0, equals)] = rename.substr(equals + 1);
  }
  return parsed;
}

Result<EvalData> load_eval_data(const EvalInput& input) {
  PRETAG_ASSIGN(Predictions predictions, read_predictions(input));
  EvalData data;
  LabelSet labels;
  std::vector<std::string> unused_files;
  if (is_folder(input.labels)) {
    PRETAG_ASSIGN(labels, read_yolo(input, predictions, data.without_label_file, unused_files));
  } else {
    PRETAG_ASSIGN(labels, read_coco(input.labels));
  }
  rename_classes(labels, input.renamed);
  PRETAG_TRY(scale_to_labels(predictions, labels.images, input.predictions));
  data.model_classes = std::move(predictions.classes);
  data.score_threshold = predictions.score_threshold;
  data.to_come = predictions.to_come;
  data.label_classes = std::move(labels.classes);
  data.pairing = pair_images(std::move(predictions.in_pixels), std::move(labels.images));
  std::ranges::move(unused_files, std::back_inserter(data.pairing.without_prediction));
  // They are named once, as what they are.
  if (!data.without_label_file.empty()) data.pairing.without_label.clear();
  return data;
}

Status check_overlap(const EvalData& data, const ClassPairing& classes, const EvalInput& input) {
  if (classes.common.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}: no class is known to the model, which knows {}; --rename FROM=TO says which is which",
                             input.labels, fmt::join(data.model_classes, ", "))};
  }
  if (!data.pairing.images.empty()) return {};
  const auto example = [](const std::vector<std::string>& names) { return names.empty() ? "none" : names.front(); };
  const auto& predicted = data.without_label_file.empty() ? data.pairing.without_label : data.without_label_file;
  return Error{
      ErrorCode::kInvalidArgument,
      fmt::format("no image is both in {} (first: {}) and in {} (first: {}); names must be equal", input.predictions,
                  example(predicted), input.labels, example(data.pairing.without_prediction))};
}

}  // namespace pretag
