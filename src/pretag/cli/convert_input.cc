#include "pretag/cli/convert_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "pretag/formats/corruptness.h"
#include "pretag/image/decode.h"
#include "pretag/io/file_system.h"
#include "pretag/nn/model_metadata.h"
#include "pretag/source/folder_source.h"
#include "pretag/store/ledger.h"

namespace pretag {
namespace {

constexpr char kSampledFile[] = "filenames/sampled_filenames.txt";  // relative to the run folder
constexpr size_t kMaxListBytes = size_t{1} << 30;

Error invalid(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

std::string ledger_path(const std::string& run_folder) { return run_folder + "/run.db"; }

// The part of a box that is inside the image, if there is any and if its size is known.
std::optional<Box> clipped(const Box& box, int width, int height) {
  Box inside = box;
  if (width > 0 && height > 0) {
    const auto w = static_cast<float>(width), h = static_cast<float>(height);
    inside = {std::clamp(box.x1, 0.0f, w), std::clamp(box.y1, 0.0f, h), std::clamp(box.x2, 0.0f, w),
              std::clamp(box.y2, 0.0f, h)};
  }
  const bool empty = !(inside.width() > 0 && inside.height() > 0);
  return empty || !std::isfinite(inside.area()) ? std::nullopt : std::optional(inside);
}

// Passes on what is wanted of each image. A format may visit the images twice; only the first time is counted.
class Filter {
 public:
  Filter(double min_score, std::optional<std::unordered_set<std::string>> selected)
      : min_score_(static_cast<float>(min_score)),
        selected_(std::move(selected)),
        findings_(std::make_shared<ConvertInput::Findings>()) {
    if (selected_) findings_->unseen = *selected_;
  }

  ConvertInput apply_to(DatasetView view) {
    const auto all = std::move(view.for_each);
    ConvertInput input{std::move(view), findings_};
    input.view.for_each = [all, filter = *this,
                           counting = std::make_shared<bool>(true)](const DatasetView::Visit& visit) -> Status {
      PRETAG_TRY(all([&](const Prediction& image) { return filter.pass(image, visit, *counting); }));
      *counting = false;
      return {};
    };
    return input;
  }

 private:
  Status pass(const Prediction& image, const DatasetView::Visit& visit, bool counting) const {
    if (selected_) {
      std::string line = filename_line(image.filename);
      line.pop_back();
      if (!selected_->contains(line)) return {};
      if (counting) findings_->unseen.erase(line);
    }
    Prediction wanted{image.filename, image.width, image.height, {}};
    for (const Detection& detection : image.detections) {
      if (detection.score < min_score_) continue;
      if (const auto box = clipped(detection.box_in_image, image.width, image.height)) {
        wanted.detections.push_back({*box, detection.label, detection.score, detection.probabilities});
      } else if (counting) {
        findings_->notes.add("boxes are left out, for they are empty or outside of their image", image.filename);
      }
    }
    if (counting) findings_->images += 1, findings_->boxes += wanted.detections.size();
    return visit(wanted);
  }

  float min_score_;  // in the precision of the scores: 0.3 is not above 0.3
  std::optional<std::unordered_set<std::string>> selected_;
  std::shared_ptr<ConvertInput::Findings> findings_;
};

Result<std::vector<std::string>> list_fact(const Ledger& ledger, const char* key) {
  PRETAG_ASSIGN(const auto fact, ledger.fact(key));
  const auto stored = nlohmann::json::parse(fact.value_or(""), nullptr, false);
  const auto is_string = [](const nlohmann::json& name) { return name.is_string(); };
  if (!stored.is_array() || !std::ranges::all_of(stored, is_string)) return std::vector<std::string>();
  return stored.get<std::vector<std::string>>();
}

// The classes the model reports; where an early run does not say, the seven and whatever it found.
Result<std::vector<std::string>> classes_of(const Ledger& ledger) {
  PRETAG_ASSIGN(std::vector<std::string> classes, list_fact(ledger, kOutputClassesFact));
  if (!classes.empty()) return classes;
  std::set<std::string> seen;
  PRETAG_TRY(ledger.for_each_result([&](const ImageResult& result) -> Status {
    for (const Detection& detection : result.detections) seen.insert(detection.label);
    return {};
  }));
  classes = pretagging_classes();
  for (const std::string& name : classes) seen.erase(name);
  classes.insert(classes.end(), seen.begin(), seen.end());
  return classes;
}

Result<double> threshold_of(const Ledger& ledger, const std::string& path) {
  PRETAG_ASSIGN(const auto fact, ledger.fact(kScoreThresholdFact));
  double threshold = 0;
  if (fact && std::from_chars(fact->data(), fact->data() + fact->size(), threshold).ec == std::errc()) {
    return static_cast<float>(threshold);  // as it was when the run compared scores with it
  }
  return invalid(path + ": does not say from which score on a detection counts; say it with --min-score");
}

Result<std::unordered_set<std::string>> read_selected(const std::string& run_folder) {
  const std::string path = run_folder + "/" + kSampledFile;
  if (!local_file_system().exists(path)) {
    return invalid(path +
                   ": is missing, for nothing has been selected in this run; select first, or leave out --selected");
  }
  PRETAG_ASSIGN(const std::string text, read_text_file(local_file_system(), path, kMaxListBytes));
  std::unordered_set<std::string> names;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    if (end > 0) names.emplace(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return names;
}

Result<std::vector<ImageSize>> sizes_in_folder(const std::string& folder, Notes& notes) {
  PRETAG_ASSIGN(const auto source, open_folder_source(folder));
  std::vector<ImageSize> sizes;
  const auto skip = [&](const std::string& key, const std::string&) { notes.add("files have no size", key); };
  PRETAG_TRY(source->list(
      [&](const std::string& key) -> Status {
        const auto bytes = source->read(key);
        const auto image = bytes.ok() ? decode_image(*bytes) : Result<Image>(bytes.error());
        if (image.ok()) {
          sizes.push_back({key, image->width, image->height});
        } else {
          notes.add("images cannot be read, so that their sizes are not known", key);
        }
        return {};
      },
      skip));
  return sizes;
}

}  // namespace

Result<ConvertInput> open_run(const std::string& run_folder, bool selected, std::optional<double> min_score) {
  const std::string path = ledger_path(run_folder);
  if (!local_file_system().exists(path)) {
    return Error{ErrorCode::kNotFound,
                 run_folder + ": is no run folder (there is no run.db); other tools' files need --from FORMAT"};
  }
  PRETAG_ASSIGN(std::shared_ptr<const Ledger> ledger, Ledger::open_read_only(path));
  std::optional<std::unordered_set<std::string>> names;
  if (selected) {
    PRETAG_ASSIGN(names, read_selected(run_folder));
  }
  double threshold = min_score.value_or(0);
  if (!min_score) {
    PRETAG_ASSIGN(threshold, threshold_of(*ledger, path));
  }
  DatasetView view;
  PRETAG_ASSIGN(view.classes, classes_of(*ledger));
  PRETAG_ASSIGN(view.model_classes, list_fact(*ledger, kModelClassesFact));
  view.for_each = [ledger](const DatasetView::Visit& visit) {
    return ledger->for_each_result([&](const ImageResult& result) {
      return visit({result.info.filename, result.info.width, result.info.height, result.detections});
    });
  };
  PRETAG_ASSIGN(const LedgerCounts counts, ledger->counts());
  ConvertInput input = Filter(threshold, std::move(names)).apply_to(std::move(view));
  std::const_pointer_cast<ConvertInput::Findings>(input.findings)->to_come = counts.pending;
  return input;
}

Result<ConvertInput> open_dataset(const DatasetFormat& format, const ImportSource& source, double min_score) {
  auto read = format.read(source);
  if (!read) {
    const bool named = read.error().message.starts_with(source.path);
    return named ? read.error() : read.error().in(source.path);
  }
  const auto dataset = std::make_shared<const Dataset>(*std::move(read));
  DatasetView view = view_of(*dataset);
  view.for_each = [dataset, all = view.for_each](const DatasetView::Visit& visit) { return all(visit); };
  ConvertInput input = Filter(min_score, std::nullopt).apply_to(std::move(view));
  auto findings = std::const_pointer_cast<ConvertInput::Findings>(input.findings);
  findings->notes.add(dataset->notes);
  return input;
}

Result<std::vector<ImageSize>> read_sizes(const std::string& run_or_images, Notes& notes) {
  const std::string path = ledger_path(run_or_images);
  if (!local_file_system().exists(path)) return sizes_in_folder(run_or_images, notes);
  PRETAG_ASSIGN(const auto ledger, Ledger::open_read_only(path));
  std::vector<ImageSize> sizes;
  PRETAG_TRY(ledger->for_each_result([&](const ImageResult& result) -> Status {
    sizes.push_back({result.info.filename, result.info.width, result.info.height});
    return {};
  }));
  return sizes;
}

}  // namespace pretag
