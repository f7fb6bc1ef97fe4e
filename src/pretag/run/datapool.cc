#include "pretag/run/datapool.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <optional>
#include <set>
#include <unordered_set>

#include "pretag/formats/dataset.h"
#include "pretag/formats/embeddings_csv.h"
#include "pretag/io/file_system.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

// These two of this pool alone: the run may be repeated with another one.
std::string remembered_path(const RunOutputs& outputs, const std::string& name) {
  return outputs.path("data/datapool_before_" + name + ".csv");
}

// The names of the rows that are this run's, one a line.
std::string added_path(const RunOutputs& outputs, const std::string& name) {
  return outputs.path("data/datapool_added_" + name + ".txt");
}

// Nothing for a file that is not there; one of which that cannot be found out must not be replaced.
Result<std::optional<std::string>> read_if_there(const FileSystem& files, const std::string& path) {
  auto text = read_text_file(files, path, kMaxDocumentBytes);
  if (text) return std::optional(*std::move(text));
  if (text.error().code == ErrorCode::kNotFound) return std::optional<std::string>();
  return text.error();
}

// Empty for a file that is not there.
Result<std::string> read_text(const FileSystem& files, const std::string& path) {
  PRETAG_ASSIGN(auto text, read_if_there(files, path));
  return std::move(text).value_or("");
}

Result<EmbeddingsTable> parse(const std::string& text, const std::string& path) {
  if (text.empty()) return EmbeddingsTable{};
  auto table = read_embeddings_csv(text);
  return table.ok() ? table : table.error().in(path);
}

}  // namespace

Result<Datapool> Datapool::open(FileSystem& files, const std::string& shared_folder, const std::string& name,
                                const std::string& object_task) {
  const auto is_plain = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.' || c == ' ';
  };
  if (name.size() > 100 || name.front() == '.' || !std::ranges::all_of(name, is_plain)) {
    return Error{ErrorCode::kInvalidArgument,
                 fmt::format("datapool.name '{}': use letters, digits, '-', '_', '.' and spaces", one_line(name))};
  }
  const std::string folder = shared_folder + "/datapool/" + name;
  if (object_task.empty()) return Datapool(files, folder, name);
  std::string task = object_task;
  std::ranges::replace(task, '/', '_');
  return Datapool(files, folder + "/objects/" + task, name + "_objects_" + task);
}

Result<EmbeddingsTable> Datapool::before(const RunOutputs& outputs) {
  const std::string remembered = remembered_path(outputs, name_);
  PRETAG_ASSIGN(const auto known, read_if_there(*files_, remembered));
  if (known) return parse(*known, remembered);
  PRETAG_ASSIGN(const std::string latest, read_text(*files_, latest_));
  PRETAG_ASSIGN(EmbeddingsTable pool, parse(latest, latest_));
  PRETAG_TRY(files_->make_directories(outputs.path("data")));
  PRETAG_TRY(files_->write_atomically(remembered, latest));
  return pool;
}

Result<std::vector<std::string>> Datapool::add(const RunOutputs& outputs,
                                               const std::function<Status(const Add&)>& for_each, bool keep_history) {
  PRETAG_ASSIGN(const std::string earlier, read_text(*files_, latest_));
  PRETAG_ASSIGN(const EmbeddingsTable pool, parse(earlier, latest_));
  PRETAG_TRY(files_->make_directories(folder_ + "/history"));
  if (keep_history && !earlier.empty()) {
    const std::string name = fmt::format("{:%Y-%m-%d_%H-%M-%S}.csv", fmt::gmtime(std::time(nullptr)));
    PRETAG_TRY(files_->write_atomically(folder_ + "/history/" + name, earlier));
  }
  const std::string remembered = added_path(outputs, name_);
  PRETAG_ASSIGN(const std::string added_before, read_text(*files_, remembered));
  const std::vector<std::string> names_before = split(added_before, '\n');
  const std::unordered_set<std::string> own(names_before.begin(), names_before.end());
  // While the pool changes nothing is remembered: after a crash, a row that is not there any more must not be taken for
  // this run's once another run has added it.
  PRETAG_TRY(files_->remove(remembered));
  std::unordered_set<std::string> known;  // of other runs
  std::set<std::string> added;
  std::vector<std::string> left_out;
  PRETAG_TRY(files_->stream_atomically(latest_, [&](const FileSystem::Sink& sink) -> Status {
    std::optional<EmbeddingsCsvWriter> writer;
    const auto write = [&](const std::string& filename, const Embedding& embedding) -> Status {
      if (!writer) {
        writer.emplace(sink, embedding.size());
        PRETAG_TRY(writer->begin());
      }
      return writer->add(filename, embedding);
    };
    for (size_t row = 0; row < pool.filenames.size(); ++row) {
      if (own.contains(pool.filenames[row])) continue;
      known.insert(pool.filenames[row]);
      const auto first = pool.values.begin() + static_cast<ptrdiff_t>(row * pool.columns);
      PRETAG_TRY(write(pool.filenames[row], Embedding(first, first + static_cast<ptrdiff_t>(pool.columns))));
    }
    PRETAG_TRY(for_each([&](const std::string& name, const Embedding& embedding) -> Status {
      if (embedding.empty() || known.contains(name)) return {};
      added.insert(name);
      return write(name, embedding);
    }));
    if (writer) left_out = writer->skipped();
    return {};
  }));
  for (const std::string& name : left_out) added.erase(name);
  PRETAG_TRY(files_->make_directories(outputs.path("data")));
  PRETAG_TRY(files_->write_atomically(remembered, fmt::format("{}\n", fmt::join(added, "\n"))));
  return left_out;
}

}  // namespace pretag
