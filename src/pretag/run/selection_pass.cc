#include "pretag/run/selection_pass.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <unordered_map>

#include "pretag/data/frame_name.h"
#include "pretag/formats/embeddings_table.h"
#include "pretag/formats/selection_config.h"
#include "pretag/io/file_system.h"
#include "pretag/run/own_embeddings.h"
#include "pretag/run/read_ahead.h"
#include "pretag/run/run_folder.h"
#include "pretag/run/run_identity.h"
#include "pretag/run/task_detections.h"
#include "pretag/select/balance.h"
#include "pretag/select/sequences.h"

namespace pretag {
namespace {

// Knows which of several images with the same pixels is kept: the first, unless one was preferred.
class DuplicateFinder {
 public:
  void prefer(const ImageInfo& info) {
    if (!info.content_hash.empty()) kept_.try_emplace(info.content_hash, info.filename);
  }
  // The other image that is kept for this one, or nothing if this is it.
  std::optional<std::string> twin(const ImageInfo& info) {
    if (info.content_hash.empty()) return std::nullopt;
    const std::string& kept = kept_.try_emplace(info.content_hash, info.filename).first->second;
    return kept == info.filename ? std::nullopt : std::optional(kept);
  }

 private:
  std::unordered_map<std::string, std::string> kept_;  // by content hash
};

std::vector<std::string> list_fact(const std::optional<std::string>& fact) {
  const auto stored = nlohmann::json::parse(fact.value_or(""), nullptr, false);
  const auto is_string = [](const nlohmann::json& name) { return name.is_string(); };
  if (!stored.is_array() || !std::ranges::all_of(stored, is_string)) return {};
  return stored;
}

// Of the images, or of their objects.
Result<std::shared_ptr<const VectorColumn>> embeddings_of_run(const std::string& run_folder, bool of_objects) {
  PRETAG_ASSIGN(const auto ledger, open_run_to_read(run_folder));
  auto query = std::make_shared<VectorColumn>();
  const auto add = [&](size_t columns, const std::vector<float>& values) -> Status {
    if (query->columns == 0) query->columns = columns;
    if (columns == query->columns) query->values.insert(query->values.end(), values.begin(), values.end());
    return {};
  };
  if (of_objects) {
    PRETAG_TRY(ledger->for_each_object_embeddings(
        [&](const ObjectEmbeddings& image) { return add(image.columns, image.values); }));
  } else {
    PRETAG_TRY(ledger->for_each_result(
        [&](const ImageResult& image) { return add(image.embedding.size(), image.embedding); }));
  }
  return std::shared_ptr<const VectorColumn>(std::move(query));
}

// A run folder or an embeddings CSV.
Result<std::shared_ptr<const VectorColumn>> load_query(const SelectionInput& input, const FileSystem& files) {
  const std::string& path = input.query;
  PRETAG_ASSIGN(const DirectoryEntry entry, files.entry(path));
  if (entry.is_directory) return embeddings_of_run(path, !input.task.empty());
  constexpr size_t kMostBytes = size_t{8} << 30;
  PRETAG_ASSIGN(const auto bytes, files.read(path, kMostBytes));
  auto table = read_embeddings_csv({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!table) return table.error().in(path);
  auto query = std::make_shared<VectorColumn>();
  query->columns = table->columns;
  query->values = std::move(table->values);
  for (size_t row = 0; row < table->filenames.size(); ++row) {
    scale_to_unit_length(std::span(query->values).subspan(row * query->columns, query->columns));
  }
  return std::shared_ptr<const VectorColumn>(std::move(query));
}

Status check_query(const SelectionInput& input, const std::string& where, const SelectionSources& sources) {
  const FileSystem& files = sources.files;
  if (!files.exists(input.query))
    return Error{ErrorCode::kInvalidArgument, fmt::format("{}.input.query: there is no {}", where, input.query)};
  const auto query = load_query(input, files);
  if (!query) return query.error().in(where + ".input.query");
  if (input.task.empty()) return check_embedding_size((*query)->columns, sources.embedding_columns, input.query);
  return {};
}

// The samples and their columns while they are read.
struct Table {
  std::vector<std::string> filenames;  // of the samples, in byte order; then those of the pool that are no inputs
  std::vector<uint8_t> preselected;    // of each sample
  size_t inputs_without_duplicates = 0;
  std::vector<std::unique_ptr<SelectionColumn>> columns;
  std::vector<DuplicatePair> duplicates;
  int64_t inputs = 0;
  std::vector<std::string> without_embedding;  // images that are no samples: the user's embeddings lack them
};

// Where each row of the pool is that has not been met among the inputs.
using PoolRows = std::unordered_map<std::string, size_t>;

PoolRows rows_of(const EmbeddingsTable& pool) {
  PoolRows rows;
  for (size_t row = 0; row < pool.filenames.size(); ++row) rows.emplace(pool.filenames[row], row);
  return rows;
}

Status add_rest_of_pool(Table& table, const EmbeddingsTable& pool, const PoolRows& rows) {
  for (size_t row = 0; row < pool.filenames.size(); ++row) {
    const std::string& filename = pool.filenames[row];
    if (!rows.contains(filename)) continue;
    table.filenames.push_back(filename);
    table.preselected.push_back(1);
    const std::span embedding = std::span(pool.values).subspan(row * pool.columns, pool.columns);
    for (const auto& column : table.columns) PRETAG_TRY(column->add_foreign(filename, embedding));
  }
  return {};
}

// What is in the pool was selected: a new copy of it must not be selected once more because its name comes first. And
// of several copies one that has an embedding is kept, where some may lack theirs.
Result<DuplicateFinder> preferred_copies(const Ledger& ledger, const SelectionPass& pass, const PoolRows& pool,
                                         bool some_may_lack) {
  DuplicateFinder finder;
  if (!removes_duplicates(pass.config)) return finder;
  const auto prefer_if = [&](const std::function<bool(const ImageResult&)>& wanted) {
    return ledger.for_each_result([&](const ImageResult& image) -> Status {
      if (wanted(image)) finder.prefer(image.info);
      return {};
    });
  };
  if (!pool.empty()) PRETAG_TRY(prefer_if([&](const auto& image) { return pool.contains(image.info.filename); }));
  if (some_may_lack) PRETAG_TRY(prefer_if([&](const auto& image) { return !image.embedding.empty(); }));
  return finder;
}

// The embedding that the pool knows of an image; empty if it does not know the image.
Embedding embedding_in_pool(const EmbeddingsTable& pool, const PoolRows& rows, const std::string& filename) {
  const auto row = rows.find(filename);
  if (row == rows.end()) return {};
  const auto first = pool.values.begin() + static_cast<ptrdiff_t>(row->second * pool.columns);
  return {first, first + static_cast<ptrdiff_t>(pool.columns)};
}

// Visits the images of the ledger. What the columns read of each in a bucket is fetched before, for many at a time.
Status for_each_with_files(const Ledger& ledger, const std::vector<std::unique_ptr<SelectionColumn>>& columns,
                           ReadAhead& files, const std::function<Status(const ImageResult&)>& visit) {
  constexpr size_t kBatch = 512;
  std::vector<ImageResult> batch;
  const auto visit_batch = [&]() -> Status {
    std::set<std::string> paths;
    for (const ImageResult& image : batch) {
      for (const auto& column : columns) {
        for (std::string& path : column->files_of(image.info.filename)) paths.insert(std::move(path));
      }
    }
    files.fetch({paths.begin(), paths.end()});
    for (const ImageResult& image : batch) PRETAG_TRY(visit(image));
    batch.clear();
    return {};
  };
  PRETAG_TRY(ledger.for_each_result([&](const ImageResult& image) -> Status {
    batch.push_back(image);
    return batch.size() < kBatch ? Status() : visit_batch();
  }));
  return visit_batch();
}

// `files` shows the sources' files, and has to live as long as the table's columns grow.
Result<Table> read_table(const Ledger& ledger, const SelectionPass& pass, ReadAhead& files) {
  const SelectionSources sources{.files = files,
                                 .lightly_folder = pass.sources.lightly_folder,
                                 .classes = pass.sources.classes,
                                 .model_classes = pass.sources.model_classes,
                                 .score_threshold = pass.sources.score_threshold};
  Table table;
  for (const SelectionEntry& entry : pass.selection.entries) {
    PRETAG_ASSIGN(table.columns.emplace_back(), make_column(entry, pass.config, sources));
  }
  // What a data pool has is known by its embedding.
  const bool has_pool = !pass.config.datapool_name.empty() || !pass.pool.filenames.empty();
  const bool need_embeddings =
      has_pool || std::ranges::any_of(table.columns, [](const auto& column) { return column->is_of_embeddings(); });
  PRETAG_ASSIGN(const bool own_embeddings, has_own_embeddings(ledger));
  const bool some_may_lack = own_embeddings && need_embeddings;
  PoolRows pool = rows_of(pass.pool);
  PRETAG_ASSIGN(DuplicateFinder finder, preferred_copies(ledger, pass, pool, some_may_lack));
  const auto add_sample = [&](const ImageResult& image) -> Status {
    table.filenames.push_back(image.info.filename);
    table.preselected.push_back(pool.erase(image.info.filename) > 0 ? 1 : 0);
    for (const auto& column : table.columns) PRETAG_TRY(column->add(image));
    return {};
  };
  const auto add = [&](const ImageResult& image) -> Status {
    if (pass.cancel != nullptr && *pass.cancel) return Error{ErrorCode::kCancelled, "selection was cancelled"};
    ++table.inputs;
    if (removes_duplicates(pass.config)) {
      if (const auto kept = finder.twin(image.info)) {
        table.duplicates.push_back({.filename = image.info.filename, .kept = *kept});
        return {};
      }
    }
    if (some_may_lack && image.embedding.empty()) {
      ImageResult known = image;
      known.embedding = embedding_in_pool(pass.pool, pool, image.info.filename);
      if (!known.embedding.empty()) return add_sample(known);
      table.without_embedding.push_back(image.info.filename);
      return {};
    }
    return add_sample(image);
  };
  const bool is_remote = files.is_remote(sources.lightly_folder);
  PRETAG_TRY(is_remote ? for_each_with_files(ledger, table.columns, files, add) : ledger.for_each_result(add));
  table.inputs_without_duplicates = table.filenames.size();
  PRETAG_TRY(add_rest_of_pool(table, pass.pool, pool));
  for (const auto& column : table.columns) PRETAG_TRY(column->complete(ledger));
  return table;
}

Result<SelectionProblem> make_problem(Table& table, const SelectionPass& pass) {
  SelectionProblem problem{.samples = table.filenames.size(), .preselected = table.preselected, .objectives = {}};
  problem.unit = "images";
  problem.seed = static_cast<uint64_t>(pass.config.seed);
  problem.threads = pass.threads;
  problem.cancel = pass.cancel;
  const auto pool = static_cast<double>(table.inputs_without_duplicates + table.without_embedding.size());
  problem.requested = pass.selection.n_samples
                          ? static_cast<size_t>(*pass.selection.n_samples)
                          : static_cast<size_t>(std::max(std::round(pool * *pass.selection.proportion_samples), 1.0));
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const SelectionEntry& entry = pass.selection.entries[i];
    Objective& objective = problem.objectives.emplace_back();
    objective.strategy = entry.strategy;
    objective.description = describe(entry);
    table.columns[i]->move_into(objective);
    if (entry.input.query.empty()) continue;
    PRETAG_ASSIGN(objective.query, load_query(entry.input, pass.sources.files));
    if (!entry.input.task.empty()) continue;
    const size_t columns = objective.query->columns;
    PRETAG_TRY(check_embedding_size(columns, pass.sources.embedding_columns, entry.input.query));
  }
  return problem;
}

Result<std::vector<std::string>> names_of_failures(const Ledger& ledger) {
  std::vector<std::string> names;
  PRETAG_TRY(ledger.for_each_failure([&](const ImageFailure& failure) -> Status {
    names.push_back(failure.filename);
    return {};
  }));
  return names;
}

std::string video_or_folder_of(std::string_view filename) {
  const auto frame = parse_frame_name(filename);
  return frame ? frame->video : folder_of(filename);
}

std::string lack_of_embeddings(const std::vector<std::string>& images) {
  constexpr char kEnd[] = "no embedding in the file of 'embeddings', and cannot be selected";
  return images.size() == 1 ? fmt::format("{} has {}", images.front(), kEnd)
                            : fmt::format("{} images, {} among them, have {}", images.size(), images.front(), kEnd);
}

Result<SelectionSolution> solve(SelectionProblem& problem, const Table& table, const Ledger& ledger,
                                size_t sequence_length) {
  if (sequence_length <= 1) return select_samples(problem);
  // A share is brought to whole sequences.
  problem.requested = (problem.requested + sequence_length - 1) / sequence_length * sequence_length;
  PRETAG_ASSIGN(std::vector<std::string> gaps, names_of_failures(ledger));
  const size_t failures = gaps.size();
  gaps.insert(gaps.end(), table.without_embedding.begin(), table.without_embedding.end());
  std::ranges::sort(gaps);
  const auto sequences = cut_into_sequences(table.filenames, sequence_length, gaps, video_or_folder_of);
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
  if (sources.lightly_folder.empty()) sources.lightly_folder = input.value_or("") + "/.lightly";
  PRETAG_ASSIGN(const auto classes, ledger.fact(kOutputClassesFact));
  PRETAG_ASSIGN(const auto model_classes, ledger.fact(kModelClassesFact));
  PRETAG_ASSIGN(const auto threshold, ledger.fact(kScoreThresholdFact));
  sources.classes = list_fact(classes);
  sources.model_classes = list_fact(model_classes);
  if (threshold) sources.score_threshold = std::strtof(threshold->c_str(), nullptr);
  PRETAG_ASSIGN(sources.embedding_columns, embedding_columns(ledger));
  return sources;
}

Status check_embedding_size(size_t columns, size_t expected, const std::string& what) {
  if (columns == 0 || columns == expected) return {};
  return Error{ErrorCode::kInvalidArgument,
               fmt::format("{}: its embeddings have {} numbers, those of this run's images "
                           "have {}; they must be of the same model",
                           what, columns, expected)};
}

Status check_selection(const SelectionConfig& selection, const RunConfig& config, const SelectionSources& sources) {
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
    if (entry.input.task == kPretaggingTask && !config.pretagging) {
      return Error{ErrorCode::kInvalidArgument,
                   fmt::format("{}: the task {} needs pretagging=True", where, kPretaggingTask)};
    }
    if (!entry.input.query.empty()) PRETAG_TRY(check_query(entry.input, where, sources));
  }
  return {};
}

Result<Selection> select_from_ledger(const Ledger& ledger, const SelectionPass& pass) {
  ReadAhead files(pass.sources.files);
  PRETAG_ASSIGN(Table table, read_table(ledger, pass, files));
  PRETAG_ASSIGN(SelectionProblem problem, make_problem(table, pass));
  PRETAG_ASSIGN(const SelectionSolution solution,
                solve(problem, table, ledger, static_cast<size_t>(pass.config.selected_sequence_length)));
  Selection selection{.strategies = {},
                      .inputs = table.inputs,
                      .candidates = static_cast<int64_t>(solution.candidates),
                      .requested = static_cast<int64_t>(problem.requested),
                      .selected = {},
                      .preselected = {},
                      .duplicates = std::move(table.duplicates),
                      .thresholds = solution.thresholds,
                      .balances = solution.balances,
                      .notes = solution.notes};
  if (!table.without_embedding.empty()) selection.notes.push_back(lack_of_embeddings(table.without_embedding));
  for (const Objective& objective : problem.objectives) selection.strategies.push_back(objective.description);
  for (const SelectionPick& pick : solution.picks) {
    selection.selected.push_back({.filename = table.filenames[pick.sample], .reasons = pick.reasons});
  }
  for (size_t sample = 0; sample < table.inputs_without_duplicates; ++sample) {
    if (table.preselected[sample] != 0) selection.preselected.push_back(table.filenames[sample]);
  }
  return selection;
}

Result<std::vector<DuplicatePair>> find_duplicates(const Ledger& ledger) {
  std::vector<DuplicatePair> duplicates;
  DuplicateFinder finder;
  PRETAG_TRY(ledger.for_each_result([&](const ImageResult& image) -> Status {
    if (const auto kept = finder.twin(image.info)) {
      duplicates.push_back({.filename = image.info.filename, .kept = *kept});
    }
    return {};
  }));
  return duplicates;
}

}  // namespace pretag
