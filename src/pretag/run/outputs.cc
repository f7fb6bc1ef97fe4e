#include "pretag/run/outputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "pretag/formats/corruptness.h"
#include "pretag/formats/embeddings_csv.h"
#include "pretag/formats/pretagging_dump.h"
#include "pretag/io/file_system.h"
#include "pretag/run/own_embeddings.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr char kCorruptReasons[] = "corruptness_check_information.json";

Prediction prediction_of(const ImageResult& result) {
  return {result.info.filename, result.info.width, result.info.height, result.detections};
}

Status write_dump(const RunOutputs& outputs, const Ledger& ledger, float score_threshold) {
  return outputs.files.stream_atomically(
      outputs.path("data/bounding_boxes.json"), [&](const FileSystem::Sink& sink) -> Status {
        PretaggingDumpWriter writer(sink, score_threshold);
        PRETAG_TRY(writer.begin());
        PRETAG_TRY(
            ledger.for_each_result([&](const ImageResult& result) { return writer.add(prediction_of(result)); }));
        return writer.end();
      });
}

// Makes each folder once.
class FolderMaker {
 public:
  explicit FolderMaker(FileSystem& files) : files_(files) {}
  Status make_parent_of(const std::string& path) {
    std::string parent = path.substr(0, path.rfind('/'));
    if (parent == last_) return {};
    PRETAG_TRY(files_.make_directories(parent));
    last_ = std::move(parent);
    return {};
  }

 private:
  FileSystem& files_;
  std::string last_;
};

Status write_lightly_predictions(const RunOutputs& outputs, const Ledger& ledger, const LightlyTask& task,
                                 ProgressSink& progress) {
  FolderMaker folders(outputs.files);
  const std::string folder = outputs.path("data/.lightly/predictions/");
  const auto write = [&](const LightlyFile& file) -> Status {
    PRETAG_TRY(folders.make_parent_of(folder + file.path));
    return outputs.files.write_one_of_many(folder + file.path, file.content);
  };
  PRETAG_ASSIGN(const LightlyFile schema, lightly_schema_file(task));
  PRETAG_TRY(write(schema));
  LightlyImageFiles image_files(task);
  PRETAG_TRY(ledger.for_each_result([&](const ImageResult& result) -> Status {
    PRETAG_ASSIGN(const auto file, image_files.make(prediction_of(result)));
    if (!file) return {};
    if (fits_on_disk(file->path)) return write(*file);
    progress.warning(fmt::format("{} is not in data/.lightly/predictions: its name is too long for a disk",
                                 one_line(result.info.filename)));
    return {};
  }));
  for (const std::string& filename : image_files.skipped()) {
    progress.warning(
        fmt::format("{} is not in data/.lightly/predictions: an image of the same name but another "
                    "extension has its place",
                    filename));
  }
  PRETAG_TRY(outputs.files.sync_all(folder));
  const LightlyFile tasks = lightly_tasks_file(task);
  return outputs.files.write_atomically(folder + tasks.path, tasks.content);
}

}  // namespace

bool fits_on_disk(const std::string& path) {
  constexpr size_t kLongest = 255;
  return std::ranges::all_of(split(path, '/'), [](const std::string& part) { return part.size() <= kLongest; });
}

Status remove_folder(const RunOutputs& outputs, const std::string& relative) {
  std::error_code failure;
  std::filesystem::remove_all(outputs.path(relative), failure);
  return failure ? Status(Error{ErrorCode::kIo, fmt::format("{}: {}", outputs.path(relative), failure.message())})
                 : Status();
}

Status write_embeddings(const RunOutputs& outputs, const Ledger& ledger, ProgressSink& progress) {
  const std::string path = outputs.path("data/embeddings.csv");
  PRETAG_ASSIGN(const bool any, any_embedding(ledger));
  if (!any) {
    const auto removed = outputs.files.remove(path);
    return removed ? Status() : removed.error();
  }
  PRETAG_TRY(outputs.files.make_directories(outputs.path("data")));
  PRETAG_ASSIGN(const size_t columns, embedding_columns(ledger));
  return outputs.files.stream_atomically(path, [&](const FileSystem::Sink& sink) -> Status {
    EmbeddingsCsvWriter writer(sink, columns);
    PRETAG_TRY(writer.begin());
    PRETAG_TRY(ledger.for_each_result(
        [&](const ImageResult& result) { return writer.add(result.info.filename, result.embedding); }));
    for (const std::string& filename : writer.skipped()) {
      progress.warning(fmt::format("{} is not in data/embeddings.csv: that format cannot hold its name", filename));
    }
    return {};
  });
}

Status write_predictions(const RunOutputs& outputs, const Ledger& ledger, const LightlyTask& task,
                         ProgressSink& progress) {
  PRETAG_TRY(outputs.files.make_directories(outputs.path("data")));
  PRETAG_TRY(write_dump(outputs, ledger, task.score_threshold));
  return write_lightly_predictions(outputs, ledger, task, progress);
}

Status write_corrupt_list(const RunOutputs& outputs, const Ledger& ledger) {
  PRETAG_TRY(outputs.files.make_directories(outputs.path("filenames")));
  PRETAG_TRY(outputs.files.stream_atomically(outputs.path(kCorruptNames), [&](const FileSystem::Sink& sink) {
    return ledger.for_each_failure([&](const ImageFailure& failure) { return sink(filename_line(failure.filename)); });
  }));
  return outputs.files.stream_atomically(outputs.path(kCorruptReasons), [&](const FileSystem::Sink& sink) -> Status {
    CorruptnessWriter writer(sink);
    PRETAG_TRY(writer.begin());
    PRETAG_TRY(ledger.for_each_failure(
        [&](const ImageFailure& failure) { return writer.add(failure.filename, failure.reason); }));
    return writer.end();
  });
}

Status remove_corrupt_list(const RunOutputs& outputs) {
  for (const char* file : {kCorruptNames, kCorruptReasons}) PRETAG_TRY(outputs.files.remove(outputs.path(file)));
  return {};
}

}  // namespace pretag
