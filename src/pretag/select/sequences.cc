#include "pretag/select/sequences.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

namespace pretag {
namespace {

using Sequences = std::vector<std::vector<uint32_t>>;

NumericColumn numbers_of(const NumericColumn& column, const Sequences& sequences) {
  NumericColumn numbers{.values = {}, .is_count = column.is_count};
  for (const auto& sequence : sequences) {
    double sum = 0;
    for (const uint32_t sample : sequence) sum += column.values[sample];
    numbers.values.push_back(column.is_count ? sum : sum / static_cast<double>(sequence.size()));
  }
  return numbers;
}

ClassColumns sum_classes(const ClassColumns& columns, const Sequences& sequences) {
  ClassColumns sums{.classes = columns.classes, .values = {}};
  const size_t classes = columns.classes.size();
  sums.values.resize(sequences.size() * classes);
  for (size_t i = 0; i < sequences.size(); ++i) {
    for (const uint32_t sample : sequences[i]) {
      for (size_t c = 0; c < classes; ++c) sums.values[i * classes + c] += columns.at(sample, c);
    }
  }
  return sums;
}

std::shared_ptr<const VectorColumn> mean_vectors(const VectorColumn& column, const Sequences& sequences) {
  auto means = std::make_shared<VectorColumn>();
  means->columns = column.columns;
  const bool has_several = !column.first.empty();  // a sequence of samples without vectors has none, either
  if (has_several) means->first.push_back(0);
  const SampleVectors vectors = column.view();
  std::vector<double> sum(column.columns);
  for (const auto& sequence : sequences) {
    std::ranges::fill(sum, 0.0);
    bool has_any = !has_several;
    for (const uint32_t sample : sequence) {
      has_any |= vectors.begin(sample) < vectors.end(sample);
      for (uint32_t row = vectors.begin(sample); row < vectors.end(sample); ++row) {
        for (size_t k = 0; k < sum.size(); ++k) sum[k] += vectors.rows.row(row)[k];
      }
    }
    double square = 0;
    for (const double value : sum) square += value * value;
    const double scale = square > 0 ? 1 / std::sqrt(square) : 0;
    if (has_any)
      for (const double value : sum) means->values.push_back(static_cast<float>(value * scale));
    if (has_several) means->first.push_back(means->first.back() + (has_any ? 1 : 0));
  }
  return means;
}

}  // namespace

std::string folder_of(std::string_view filename) {
  const size_t slash = filename.rfind('/');
  return std::string(slash == std::string_view::npos ? std::string_view() : filename.substr(0, slash));
}

std::vector<std::vector<uint32_t>> cut_into_sequences(std::span<const std::string> filenames, size_t length,
                                                      std::span<const std::string> gaps,
                                                      std::string (*group_of)(std::string_view)) {
  constexpr uint32_t kGap = UINT32_MAX;
  std::map<std::string, std::vector<std::pair<std::string_view, uint32_t>>> groups;
  const auto add = [&](std::string_view name, uint32_t sample) { groups[group_of(name)].emplace_back(name, sample); };
  for (uint32_t sample = 0; sample < filenames.size(); ++sample) add(filenames[sample], sample);
  for (const std::string& name : gaps) add(name, kGap);
  std::vector<std::vector<uint32_t>> sequences;
  for (auto& [group, images] : groups) {
    if (!gaps.empty()) std::ranges::stable_sort(images, {}, [](const auto& image) { return image.first; });
    for (size_t begin = 0; begin + length <= images.size(); begin += length) {
      std::vector<uint32_t> sequence;
      for (size_t i = begin; i < begin + length; ++i) sequence.push_back(images[i].second);
      if (std::ranges::find(sequence, kGap) == sequence.end()) sequences.push_back(std::move(sequence));
    }
  }
  return sequences;
}

SelectionProblem select_sequences(const SelectionProblem& problem, const Sequences& sequences, size_t length) {
  SelectionProblem reduced = problem;
  reduced.samples = sequences.size();
  reduced.requested = problem.requested / length;
  reduced.unit = "sequences";
  reduced.preselected.clear();
  for (const auto& sequence : sequences) {
    const bool any = !problem.preselected.empty() &&
                     std::ranges::any_of(sequence, [&](uint32_t sample) { return problem.preselected[sample] != 0; });
    reduced.preselected.push_back(any ? 1 : 0);
  }
  for (Objective& objective : reduced.objectives) {
    if (const auto* numbers = std::get_if<NumericColumn>(&objective.input)) {
      if (!numbers->is_count) objective.times = static_cast<double>(length);
      objective.input = numbers_of(*numbers, sequences);
    } else if (const auto* classes = std::get_if<ClassColumns>(&objective.input)) {
      objective.input = sum_classes(*classes, sequences);
    } else {
      objective.input = mean_vectors(*std::get<std::shared_ptr<const VectorColumn>>(objective.input), sequences);
    }
  }
  return reduced;
}

}  // namespace pretag
