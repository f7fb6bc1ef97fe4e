#include "parity/comparison.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "parity/detection_comparison.h"

namespace pretag {

namespace {

constexpr size_t kNoMatch = std::numeric_limits<size_t>::max();

// matches[i]: which of our proposals is the golden's proposal i.
using Matches = std::vector<size_t>;

std::string shape_text(std::span<const int64_t> shape) { return fmt::format("({})", fmt::join(shape, ", ")); }

// The position of flat index `at` in `shape`, for a message.
std::string position_text(std::span<const int64_t> shape, int64_t at) {
  std::vector<int64_t> position(shape.size());
  for (size_t i = shape.size(); i-- > 0; at /= shape[i]) position[i] = at % shape[i];
  return fmt::format("[{}]", fmt::join(position, ", "));
}

float largest_magnitude(std::span<const float> values) {
  float largest = 0;
  for (const float value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

// Compares the kept values; `matches` maps the golden's rows to ours, null where rows simply correspond.
StageReport compare_values(const std::string& name, const GoldenStage& golden, const StageValues& actual,
                           const Matches* matches, double tolerance) {
  StageReport report{name, 0, 0, {}};
  const double largest = largest_magnitude(golden.values);
  const double unit = largest > 0 ? largest : 1;
  int64_t wrong = 0, compared = 0;
  double squared_error = 0, squared_golden = 0;
  for (int64_t kept_row = 0; kept_row < golden.kept_rows(); ++kept_row) {
    const int64_t row = kept_row * golden.row_stride;
    const size_t our_row = matches ? (*matches)[static_cast<size_t>(row)] : static_cast<size_t>(row);
    if (our_row == kNoMatch) continue;
    for (int64_t kept = 0; kept < golden.kept_per_row(); ++kept, ++compared) {
      const int64_t at = static_cast<int64_t>(our_row) * golden.row_size() + kept * golden.value_stride;
      const float expected = golden.values[static_cast<size_t>(kept_row * golden.kept_per_row() + kept)];
      const float found = actual.values[static_cast<size_t>(at)];
      const double error = value_distance(found, expected) / unit;
      squared_error += error * error;
      squared_golden += expected / unit * expected / unit;
      if (error > tolerance) ++wrong;
      if (error <= report.max_error) continue;
      report.max_error = error;
      if (error > tolerance) {
        report.failure =
            fmt::format("{} is {:.6g}, torchvision has {:.6g} (error {:.1e} of the largest magnitude {:.4g})",
                        position_text(actual.shape, at), found, expected, error, largest);
      }
    }
  }
  if (squared_golden > 0) report.rms_error = std::sqrt(squared_error / squared_golden);
  if (compared == 0) report.failure = "nothing to compare: no proposal of ours matches one whose values are kept";
  if (wrong > 0) report.failure += fmt::format("; {} of {} compared values are out of tolerance", wrong, compared);
  return report;
}

size_t nearest_box(const Box& wanted, std::span<const float> boxes, double within) {
  size_t best = kNoMatch;
  double best_distance = within;
  for (size_t row = 0; row * 4 < boxes.size(); ++row) {
    const double d = box_distance(wanted, box_at(boxes, row));
    if (d > best_distance || (d == best_distance && best != kNoMatch)) continue;
    best = row;
    best_distance = d;
  }
  return best;
}

StageReport compare_proposals(const GoldenStage& golden, const StageValues& actual, const ParityTolerance& tolerance,
                              Matches& matches) {
  StageReport report{"proposals", 0, 0, {}};
  matches.clear();
  size_t unmatched = 0;
  std::string first;
  for (size_t row = 0; row < static_cast<size_t>(golden.rows()); ++row) {
    const Box wanted = box_at(golden.values, row);
    matches.push_back(nearest_box(wanted, actual.values, tolerance.proposal_pixels));
    if (matches.back() != kNoMatch) {
      report.max_error = std::max(report.max_error, box_distance(wanted, box_at(actual.values, matches.back())));
    } else if (unmatched++ == 0) {
      first = fmt::format("torchvision's proposal {} {} is not among ours", row, box_text(wanted));
    }
  }
  const double allowed = tolerance.unmatched_proposals * static_cast<double>(golden.rows());
  const auto count_difference = std::abs(static_cast<double>(actual.shape[0] - golden.rows()));
  if (static_cast<double>(unmatched) > allowed) {
    report.failure = fmt::format("{}; {} of {} are missing", first, unmatched, golden.rows());
  } else if (count_difference > allowed) {
    report.failure = fmt::format("{} proposals, torchvision has {}", actual.shape[0], golden.rows());
  }
  return report;
}

bool is_per_proposal(const std::string& stage) {
  return stage == "roi_features" || stage == "box_logits" || stage == "box_deltas";
}

bool is_detection(const std::string& stage) { return stage == "boxes" || stage == "labels" || stage == "scores"; }

// Empty if `actual` is well formed and, where the number of rows is not for NMS to decide, shaped like the golden.
std::string shape_failure(const std::string& name, const GoldenStage& golden, const StageValues& actual) {
  int64_t count = 1;
  for (const int64_t size : actual.shape) count *= size;
  if (count != static_cast<int64_t>(actual.values.size())) {
    return fmt::format("{} values for the shape {}", actual.values.size(), shape_text(actual.shape));
  }
  const bool rows_vary = name == "proposals" || is_per_proposal(name) || is_detection(name);
  const size_t fixed_from = rows_vary ? 1 : 0;
  if (actual.shape.size() != golden.shape.size() ||
      !std::equal(actual.shape.begin() + fixed_from, actual.shape.end(), golden.shape.begin() + fixed_from)) {
    return fmt::format("shape {}, torchvision has {}", shape_text(actual.shape), shape_text(golden.shape));
  }
  return {};
}

}  // namespace

StageObserver recorder(Stages& stages) {
  return [&stages](std::string_view stage, std::span<const int64_t> shape, std::span<const float> values) {
    stages[std::string(stage)] = {{shape.begin(), shape.end()}, {values.begin(), values.end()}};
  };
}

const std::vector<std::string>& stage_order() {
  static const std::vector<std::string> order = [] {
    std::vector<std::string> names = {"transform"};
    for (int level = 2; level <= 5; ++level) names.push_back(fmt::format("C{}", level));
    for (int level = 2; level <= 6; ++level) names.push_back(fmt::format("P{}", level));
    for (const char* head : {"rpn_logits", "rpn_deltas"}) {
      for (int level = 2; level <= 6; ++level) names.push_back(fmt::format("{}.P{}", head, level));
    }
    for (const char* name : {"proposals", "roi_features", "box_logits", "box_deltas", "boxes", "labels", "scores"}) {
      names.emplace_back(name);
    }
    return names;
  }();
  return order;
}

std::vector<StageReport> compare_stages(const std::map<std::string, GoldenStage>& golden, const Stages& actual,
                                        const ParityTolerance& tolerance) {
  std::vector<StageReport> reports;
  Matches matches;
  for (const std::string& name : stage_order()) {
    const auto expected = golden.find(name);
    const auto found = actual.find(name);
    if (expected == golden.end() || found == actual.end()) {
      reports.push_back(
          {name, 0, 0, expected == golden.end() ? "the golden lacks it" : "the detector did not report it"});
      continue;
    }
    if (std::string failure = shape_failure(name, expected->second, found->second); !failure.empty()) {
      reports.push_back({name, 0, 0, std::move(failure)});
    } else if (name == "proposals") {
      reports.push_back(compare_proposals(expected->second, found->second, tolerance, matches));
    } else if (is_per_proposal(name)) {
      matches.resize(static_cast<size_t>(expected->second.rows()), kNoMatch);
      reports.push_back(compare_values(name, expected->second, found->second, &matches, tolerance.of_largest));
    } else if (!is_detection(name)) {
      reports.push_back(compare_values(name, expected->second, found->second, nullptr, tolerance.of_largest));
    }
  }
  const bool shapes_fit = std::ranges::none_of(
      reports, [](const StageReport& report) { return is_detection(report.stage) && !report.failure.empty(); });
  if (shapes_fit) {
    double largest_distance = 0;
    std::string failure = compare_detections(detections_of(golden), detections_of(actual), tolerance.box_pixels,
                                             tolerance.score, largest_distance);
    reports.push_back({"boxes", largest_distance, 0, std::move(failure)});
  }
  return reports;
}

std::string describe_failures(const std::vector<StageReport>& reports) {
  std::string text;
  for (const StageReport& report : reports) {
    if (report.failure.empty()) continue;
    text += fmt::format("{}{}: {}\n", text.empty() ? "the first stage that differs is " : "  then ", report.stage,
                        report.failure);
  }
  return text;
}

}  // namespace pretag
