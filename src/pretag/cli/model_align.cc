#include "pretag/cli/model_align.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "pretag/cli/model_convert.h"
#include "pretag/data/accuracy.h"
#include "pretag/io/sha256.h"
#include "pretag/nn/weight_file.h"
#include "pretag/run/run_folder.h"
#include "pretag/run/run_identity.h"
#include "pretag/store/ledger.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

// The short side of the network input in a run, which must have been made with this model.
Result<int> input_size_of(const std::string& run, const ModelMetadata& metadata, const std::string& model_sha256) {
  PRETAG_ASSIGN(const auto ledger, open_run_to_read(run));
  PRETAG_ASSIGN(const auto checksum, ledger->fact(kModelChecksumFact));
  PRETAG_ASSIGN(const auto accuracy, ledger->fact(kAccuracyFact));
  if (!checksum || *checksum != model_sha256) {
    return Error{ErrorCode::kInvalidArgument,
                 run + ": was not made with this model; run it again with model=FILE, the file that is to be aligned"};
  }
  PRETAG_ASSIGN(const auto most, ledger->fact(kMostDetectionsFact));
  const int64_t kept = most ? std::strtoll(most->c_str(), nullptr, 10) : -1;
  if (kept >= 0 && kept < metadata.box_detections_per_image) {
    return Error{
        ErrorCode::kInvalidArgument,
        fmt::format("{}: keeps {} detections of an image, too few to tell what a lower score would count; run it "
                    "again without max_detections",
                    run, kept)};
  }
  for (const Accuracy candidate : {Accuracy::kFull, Accuracy::kBalanced, Accuracy::kFast}) {
    if (accuracy == name_of(candidate)) return input_side(metadata.min_size, candidate);
  }
  if (accuracy == name_of(Accuracy::kBest)) {
    return Error{ErrorCode::kInvalidArgument,
                 run + ": was made with accuracy=best, which is aligned when full and fast are; give runs of those"};
  }
  return Error{ErrorCode::kCorrupt, run + ": does not say at what accuracy it was made"};
}

Result<SizeAlignment> align_run(const std::string& run, const AlignRequest& request, const ModelMetadata& metadata) {
  EvalInput input = request.labels;
  input.predictions = run;
  input.with_probabilities = true;
  PRETAG_ASSIGN(const EvalData data, load_eval_data(input));
  const ClassPairing classes = pair_classes(data.model_classes, data.label_classes);
  PRETAG_TRY(check_overlap(data, classes, input));
  return SizeAlignment{.run = run,
                       .min_size = 0,
                       .images = data.pairing.images.size(),
                       .classes = align_counts(data.pairing.images, {.classes = metadata.classes,
                                                                     .labelled = classes.common,
                                                                     .switched_off = request.switched_off,
                                                                     .score_threshold = metadata.score_threshold,
                                                                     .fewest_objects = request.fewest_objects})};
}

// What the run's scores contained already, and what is to be added.
void add_offsets(const SizeAlignment& alignment, ModelMetadata& metadata) {
  std::map<std::string, float>& offsets = metadata.logit_offsets[alignment.min_size];
  for (const ClassAlignment& c : alignment.classes) {
    const float sum = std::round((offsets[c.name] + c.change) * 1000) / 1000;
    offsets[c.name] = std::clamp(sum, -10.0f, 10.0f);
  }
  std::erase_if(offsets, [](const auto& entry) { return entry.second == 0; });
}

ExportType type_of(const WeightFile& weights) {
  ExportType type = ExportType::kFloat32;
  for (const auto& [name, tensor] : weights.tensors()) {
    if (tensor.type == ElementType::kInt8) return ExportType::kInt8;
    if (tensor.type == ElementType::kBFloat16) type = ExportType::kBFloat16;
  }
  return type;
}

}  // namespace

Result<AlignOutcome> align_model(const AlignRequest& request, FileSystem& files) {
  PRETAG_ASSIGN(const auto weights, load_weight_file(request.model));
  auto read = read_model_metadata(*weights);
  if (!read) return read.error().in(request.model);
  ModelMetadata metadata = *std::move(read);
  PRETAG_ASSIGN(const std::string sha256, sha256_of_file(request.model));

  for (const std::string& name : request.switched_off) {
    if (std::ranges::count(metadata.output_classes, name) == 0) {
      return Error{ErrorCode::kInvalidArgument, fmt::format("--switch-off {}: the model reports {}", one_line(name),
                                                            fmt::join(metadata.output_classes, ", "))};
    }
  }
  AlignOutcome outcome{.score_threshold = metadata.score_threshold, .sizes = {}};
  for (const std::string& run : request.runs) {
    PRETAG_ASSIGN(const int size, input_size_of(run, metadata, sha256));
    const auto same = std::ranges::find(outcome.sizes, size, &SizeAlignment::min_size);
    if (same != outcome.sizes.end()) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("{} and {}: both look at images at {} pixels; the runs must differ in accuracy",
                               same->run, run, size)};
    }
    PRETAG_ASSIGN(SizeAlignment alignment, align_run(run, request, metadata));
    alignment.min_size = size;
    outcome.sizes.push_back(std::move(alignment));
  }

  for (const SizeAlignment& alignment : outcome.sizes) add_offsets(alignment, metadata);
  const auto strings = model_metadata_strings(metadata);
  ConvertRequest convert{request.model, request.output, type_of(*weights), {}};
  if (const auto offsets = strings.find(kLogitOffsetsKey); offsets != strings.end()) convert.metadata.insert(*offsets);
  PRETAG_TRY(convert_model(convert, files));
  return outcome;
}

std::string align_text(const AlignOutcome& outcome, const std::string& written) {
  std::string text;
  bool some_left_alone = false;
  for (const SizeAlignment& size : outcome.sizes) {
    text += fmt::format("{}: short side {}, {} images, counted from a score of {} on\n", size.run, size.min_size,
                        size.images, outcome.score_threshold);
    text += fmt::format("  {:<16}{:>10}{:>10}{:>10}{:>10}\n", "", "labelled", "before", "after", "change");
    for (const ClassAlignment& c : size.classes) {
      const bool left_alone = c.change == 0;
      some_left_alone |= left_alone;
      text += fmt::format("  {:<16}{:>10}{:>10}{:>10}{:>10}\n", c.name, c.objects, c.before, c.after,
                          left_alone ? "-" : fmt::format("{:+.2f}", c.change));
    }
    text += '\n';
  }
  if (some_left_alone) {
    text += "Classes with too few labelled objects (--fewest) or detections stay as they are.\n";
  }
  return text + "Counts of other images are off by more: by chance, the more so the fewer objects are labelled.\n" +
         written + "\n";
}

}  // namespace pretag
