#include "pretag/run/selection_pass.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "pretag/data/frame_name.h"
#include "pretag/detect/embedding.h"
#include "pretag/formats/embeddings_table.h"
#include "pretag/formats/selection_config.h"
#include "pretag/io/file_system.h"
#include "pretag/run/object_selection.h"
#include "pretag/run/own_embeddings.h"
#include "pretag/run/run_folder.h"
#include "pretag/run/run_identity.h"
#include "pretag/run/run_inputs.h"
#include "pretag/run/selection_samples.h"
#include "pretag/run/task_detections.h"
#include "pretag/select/balance.h"
#include "pretag/select/sequences.h"
#include "pretag/source/relevant_filenames.h"

namespace pretag {
namespace {

std::vector<std::string> list_fact(const std::optional<std::string>& fact) {
  const auto stored = nlohmann::json::parse(fact.value_or(""), nullptr, false);
  const auto is_string = [](const nlohmann::json& name) { return name.is_string(); };
  if (!stored.is_array() || !std::ranges::all_of(stored, is_string)) return {};
  return stored;
}

// Of the images, or of their objects of a task.
Result<std::shared_ptr<const VectorColumn>> embeddings_of_run(const std::string& run_folder, const std::string& task,
                                                              const FileSystem& files) {
  PRETAG_ASSIGN(const auto ledger, open_run_to_read(run_folder));
  auto query = std::make_shared<VectorColumn>();
  const auto add = [&](const Embedding& embedding) {
    if (query->columns == 0) query->columns = embedding.size();
    if (embedding.size() != query->columns) return;
    query->values.insert(query->values.end(), embedding.begin(), embedding.end());
  };
  if (task.empty()) {
    PRETAG_TRY(ledger->for_each_result([&](const ImageResult& image) { return add(image.embedding), Status(); }));
  } else {
    PRETAG_ASSIGN(const SelectionSources sources, selection_sources(*ledger, files));
    PRETAG_ASSIGN(const auto detections, TaskDetections::open(task, sources));
    PRETAG_TRY(ledger->for_each_result_with_objects([&](const ImageResult& image) -> Status {
      PRETAG_ASSIGN(const auto objects, detections->of(image));
      for (const Detection& object : objects) add(object.embedding);
      return {};
    }));
    PRETAG_TRY(sources.prediction_files->check());
  }
  return std::shared_ptr<const VectorColumn>(std::move(query));
}

// A run folder or an embeddings CSV.
Result<std::shared_ptr<const VectorColumn>> load_query(const SelectionInput& input, const FileSystem& files) {
  const std::string& path = input.query;
  PRETAG_ASSIGN(const DirectoryEntry entry, files.entry(path));
  if (entry.is_directory) return embeddings_of_run(path, input.task, files);
  constexpr size_t kMostBytes = size_t{8} << 30;
  PRETAG_ASSIGN(const auto bytes, files.read(path, kMostBytes));
  auto table = read_embeddings_csv({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!table) return table.error().in(path);
  auto query = std::make_shared<VectorColumn>();
  query->columns = table->columns;
  for (size_t row = 0; row < table->filenames.size(); ++row) {
    if (table->masked[row] != 0) continue;
    const std::span vector = std::span(table->values).subspan(row * query->columns, query->columns);
    scale_to_unit_length(vector);
    query->values.insert(query->values.end(), vector.begin(), vector.end());
  }
  return std::shared_ptr<const VectorColumn>(std::move(query));
}

Status check_query(const SelectionInput& input, const std::string& where, const SelectionSources& sources) {
  const FileSystem& files = sources.files;
  if (!files.exists(input.query))
    return Error{ErrorCode::kInvalidArgument, fmt::format("{}.input.query: there is no {}", where, input.query)};
  const auto query = load_query(input, files);
  if (!query) return query.error().in(where + ".input.query");
  if ((*query)->rows() == 0) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("{}.input.query: there are no embeddings in {}", where, input.query)};
  }
  const size_t expected = input.task.empty() ? sources.embedding_columns : size_t{kEmbeddingSize};
  return check_embedding_size((*query)->columns, expected, input.query);
}

Result<SelectionProblem> make_problem(SelectionSamples& samples, const SelectionPass& pass) {
  SelectionProblem problem{.samples = samples.count(), .preselected = samples.preselected, .objectives = {}};
  const bool of_objects = !pass.config.object_level_task.empty();
  problem.unit = of_objects ? "objects" : "images";
  problem.seed = static_cast<uint64_t>(pass.config.seed);
  problem.threads = pass.threads;
  problem.cancel = pass.cancel;
  const auto pool = static_cast<double>(samples.inputs_without_duplicates + samples.without_embedding.size()) +
                    static_cast<double>(samples.objects_without_embedding);
  problem.requested = pass.selection.n_samples
                          ? static_cast<size_t>(*pass.selection.n_samples)
                          : static_cast<size_t>(std::max(std::round(pool * *pass.selection.proportion_samples), 1.0));
  for (size_t i = 0; i < samples.columns.size(); ++i) {
    const SelectionEntry& entry = pass.selection.entries[i];
    Objective& objective = problem.objectives.emplace_back();
    objective.strategy = entry.strategy;
    objective.description = describe(entry);
    samples.columns[i]->move_into(objective);
    if (entry.input.query.empty()) continue;
    PRETAG_ASSIGN(objective.query, load_query(entry.input, pass.sources.files));
    if (!entry.input.task.empty()) continue;
    const size_t columns = objective.query->columns;
    PRETAG_TRY(check_embedding_size(columns, pass.sources.embedding_columns, entry.input.query));
  }
  return problem;
}

// Videos and folders that could not be read are no images, and leave no gap among those beside them; nor does a name
// that a list has by mistake.
Result<std::vector<std::string>> failed_images(const Ledger& ledger) {
  std::vector<std::string> names;
  PRETAG_TRY(ledger.for_each_failure([&](const ImageFailure& failure) -> Status {
    const std::string& name = failure.filename;
    if (!is_video_name(name) && !name.ends_with('/') && failure.reason != kNotInInput) names.push_back(name);
    return {};
  }));
  return names;
}

std::string video_or_folder_of(std::string_view filename) {
  const auto frame = parse_frame_name(filename);
  return frame ? frame->video : folder_of(filename);
}

// "a.jpg is …", "7 images, a.jpg among them, are …".
std::string note_on(const std::vector<std::string>& images, const char* is, const char* are, const char* what) {
  return images.size() == 1 ? fmt::format("{} {} {}", images.front(), is, what)
                            : fmt::format("{} images, {} among them, {} {}", images.size(), images.front(), are, what);
}

// On those that the user's own embeddings leave out.
std::vector<std::string> notes_on_embeddings(const SelectionSamples& samples) {
  std::vector<std::string> notes;
  if (!samples.without_embedding.empty()) {
    notes.push_back(note_on(samples.without_embedding, "has", "have",
                            "no embedding in the file of 'embeddings', and cannot be selected"));
  }
  if (!samples.masked.empty()) {
    notes.push_back(note_on(samples.masked, "is", "are", "masked in the file of 'embeddings', and left out"));
  }
  return notes;
}

// What counts as selected from the start and is in no sequence: left over at the end of a folder, beside a gap, or no
// input at all. It is known as it is.
std::vector<std::vector<uint32_t>> preselected_alone(const SelectionSamples& samples,
                                                     const std::vector<std::vector<uint32_t>>& sequences) {
  std::vector<uint8_t> is_alone = samples.preselected;
  for (const auto& sequence : sequences) {
    for (const uint32_t sample : sequence) is_alone[sample] = 0;
  }
  std::vector<std::vector<uint32_t>> alone;
  for (uint32_t sample = 0; sample < is_alone.size(); ++sample) {
    if (is_alone[sample] != 0) alone.push_back({sample});
  }
  return alone;
}

Result<SelectionSolution> solve(SelectionProblem& problem, const SelectionSamples& samples, const Ledger& ledger,
                                size_t sequence_length) {
  if (sequence_length <= 1) return select_samples(problem);
  // A share is brought to whole sequences.
  problem.requested = (problem.requested + sequence_length - 1) / sequence_length * sequence_length;
  PRETAG_ASSIGN(std::vector<std::string> gaps, failed_images(ledger));
  const size_t failures = gaps.size();
  gaps.insert(gaps.end(), samples.without_embedding.begin(), samples.without_embedding.end());
  gaps.insert(gaps.end(), samples.masked.begin(), samples.masked.end());
  std::ranges::sort(gaps);
  // What only the pool has is no neighbour of an input.
  const auto inputs = std::span(samples.filenames).first(samples.inputs_without_duplicates);
  auto sequences = cut_into_sequences(inputs, sequence_length, gaps, video_or_folder_of);
  for (auto& alone : preselected_alone(samples, sequences)) sequences.push_back(std::move(alone));
  PRETAG_ASSIGN(SelectionSolution solution, select_samples(select_sequences(problem, sequences, sequence_length)));
  std::vector<SelectionPick> picks;
  for (const SelectionPick& pick : solution.picks) {
    for (const uint32_t sample : sequences[pick.sample]) picks.push_back({sample, pick.reasons});
  }
  solution.picks = std::move(picks);
  if (failures > 0)
    solution.notes.push_back(
        fmt::format("{} images could not be read; sequences with one of them cannot be selected", failures));
  solution.candidates *= sequence_length;
  for (ThresholdOutcome& outcome : solution.thresholds) outcome.excluded *= static_cast<int64_t>(sequence_length);
  return solution;
}

}  // namespace

Result<SelectionSources> selection_sources(const Ledger& ledger, const FileSystem& files) {
  PRETAG_ASSIGN(const auto input, ledger.fact(kInputFolderFact));
  PRETAG_ASSIGN(const auto lightly, ledger.fact(kLightlyFolderFact));
  SelectionSources sources{.files = files, .lightly_folder = lightly.value_or(""), .classes = {}, .model_classes = {}};
  if (sources.lightly_folder.empty()) sources.lightly_folder = lightly_folder_beside(input.value_or(""), files);
  PRETAG_ASSIGN(const auto classes, ledger.fact(kOutputClassesFact));
  PRETAG_ASSIGN(const auto model_classes, ledger.fact(kModelClassesFact));
  PRETAG_ASSIGN(const auto threshold, ledger.fact(kScoreThresholdFact));
  PRETAG_ASSIGN(sources.embedded_tasks, embedded_tasks(ledger));
  PRETAG_ASSIGN(const auto pretagged, ledger.fact(kPretaggedFact));
  sources.is_pretagged = pretagged != "false";
  sources.classes = list_fact(classes);
  sources.model_classes = list_fact(model_classes);
  if (threshold) sources.score_threshold = std::strtof(threshold->c_str(), nullptr);
  PRETAG_ASSIGN(sources.embedding_columns, embedding_columns(ledger));
  return sources;
}

Result<std::vector<std::string>> embedded_tasks(const Ledger& ledger) {
  PRETAG_ASSIGN(const auto fact, ledger.fact(kEmbeddedTasksFact));
  return list_fact(fact);
}

Status check_embedding_size(size_t columns, size_t expected, const std::string& what) {
  if (columns == 0 || columns == expected) return {};
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("{}: its embeddings have {} numbers, those of this run's images "
                           "have {}; they must be of the same model",
                           what, columns, expected)};
}

Status check_selection(const SelectionConfig& selection, const RunConfig& config, const SelectionSources& sources) {
  if (!config.object_level_task.empty()) {
    const auto task = TaskDetections::open(config.object_level_task, sources);
    if (!task) return task.error().in("object_level.task_name");
    if (!(*task)->is_of_objects()) {
      const bool of_pixels = (*task)->is_of_pixels();
      return Error{
          ErrorCode::kInvalidArgument,
          fmt::format("object_level.task_name: {} is a {}; there are no objects to select", config.object_level_task,
                      of_pixels ? "semantic segmentation, whose segments may be many objects or a part of one"
                                : "classification of images")};
    }
    if (config.object_level_task == kPretaggingTask && !sources.is_pretagged) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("object_level.task_name: the task {} needs pretagging=True", kPretaggingTask)};
    }
  }
  for (size_t i = 0; i < selection.entries.size(); ++i) {
    const SelectionEntry& entry = selection.entries[i];
    const std::string where = entry.origin.empty() ? fmt::format("strategies[{}]", i) : entry.origin;
    if (auto column = make_column(entry, config, sources); !column) return column.error().in(where);
    if (entry.strategy.type == StrategyType::kBalance && entry.input.type == InputType::kPredictions) {
      PRETAG_ASSIGN(const auto task, TaskDetections::open(entry.input.task, sources));
      // The same check that the selection makes, on no samples at all.
      const ClassColumns none{.classes = entry.input.categories.empty() ? task->classes() : entry.input.categories,
                              .values = {}};
      if (auto balance = Balance::create(none, entry.strategy, 0); !balance) return balance.error().in(where);
    }
    if (entry.input.task == kPretaggingTask && !sources.is_pretagged) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("{}: the task {} needs pretagging=True", where, kPretaggingTask)};
    }
    if (!entry.input.query.empty()) PRETAG_TRY(check_query(entry.input, where, sources));
  }
  return {};
}

Result<Selection> select_from_ledger(const Ledger& ledger, const SelectionPass& pass) {
  ReadAhead files(pass.sources.files);
  PRETAG_ASSIGN(SelectionSamples samples, read_samples(ledger, pass, files));
  PRETAG_TRY(pass.sources.prediction_files->check());
  PRETAG_ASSIGN(SelectionProblem problem, make_problem(samples, pass));
  PRETAG_ASSIGN(const SelectionSolution solution,
                solve(problem, samples, ledger, static_cast<size_t>(pass.config.selected_sequence_length)));
  Selection selection{.strategies = {},
                      .inputs = samples.inputs,
                      .candidates = static_cast<int64_t>(solution.candidates),
                      .requested = static_cast<int64_t>(problem.requested),
                      .selected = {},
                      .preselected = {},
                      .duplicates = std::move(samples.duplicates),
                      .thresholds = solution.thresholds,
                      .balances = solution.balances,
                      .notes = solution.notes};
  for (std::string& note : notes_on_embeddings(samples)) selection.notes.push_back(std::move(note));
  for (std::string& note : notes_on_objects(samples, pass.config.object_level_task)) {
    selection.notes.push_back(std::move(note));
  }
  for (std::string& note : pass.sources.prediction_files->notes()) selection.notes.push_back(std::move(note));
  for (const Objective& objective : problem.objectives) selection.strategies.push_back(objective.description);
  if (!pass.config.object_level_task.empty()) {
    PRETAG_ASSIGN(selection.objects, object_selection(solution.picks, samples, pass, ledger, files));
    selection.selected = images_of(selection.objects->selected);
    selection.preselected = images_of_preselected(samples, selection.selected);
    return selection;
  }
  for (const SelectionPick& pick : solution.picks) {
    selection.selected.push_back({.filename = samples.filenames[pick.sample], .reasons = pick.reasons});
  }
  for (size_t sample = 0; sample < samples.inputs_without_duplicates; ++sample) {
    if (samples.preselected[sample] != 0) selection.preselected.push_back(samples.filenames[sample]);
  }
  selection.preselected_elsewhere = static_cast<int64_t>(samples.count() - samples.inputs_without_duplicates);
  return selection;
}

}  // namespace pretag
