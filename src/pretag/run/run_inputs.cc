#include "pretag/run/run_inputs.h"

#include <fmt/format.h>

#include <filesystem>

#include "pretag/io/file_system.h"
#include "pretag/source/folder_source.h"
#include "pretag/source/relevant_filenames.h"

namespace pretag {
namespace {

namespace fs = std::filesystem;

std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Result<RelevantFilenames> read_relevant_filenames(const RunRequest& request, FileSystem& files) {
  constexpr size_t kMostBytes = size_t{1} << 30;
  const std::string& name = request.config.relevant_filenames_file;
  const std::string in_lightly = request.input + "/.lightly/" + name;
  const std::string path = files.exists(name) ? name : in_lightly;
  if (!files.exists(path)) {
    return Error{ErrorCode::kNotFound,
                 fmt::format("relevant_filenames_file: there is neither {} nor {}", name, in_lightly)};
  }
  PRETAG_ASSIGN(const auto bytes, files.read(path, kMostBytes));
  return parse_relevant_filenames(text_of(bytes), path);
}

// "run/" if the run folder is input/run, else empty: our own pictures are not inputs.
std::string prefix_of_outputs(const std::string& input, const std::string& run_folder) {
  const fs::path relative = fs::weakly_canonical(run_folder).lexically_relative(fs::weakly_canonical(input));
  if (relative.empty() || *relative.begin() == ".." || relative == ".") return {};
  return relative.generic_string() + "/";
}

}  // namespace

Result<std::unique_ptr<Source>> open_input(const RunRequest& request, FileSystem& files) {
  const FolderOptions options{.max_file_bytes = static_cast<size_t>(request.config.max_image_bytes)};
  PRETAG_ASSIGN(auto source, open_folder_source(request.input, options));
  if (request.config.relevant_filenames_file.empty()) return source;
  PRETAG_ASSIGN(auto relevant, read_relevant_filenames(request, files));
  return filter_source(std::move(source), std::move(relevant));
}

Status list_inputs(const Source& source, const std::string& input, const std::string& run_folder, Ledger& ledger,
                   ProgressSink& progress) {
  constexpr size_t kBatch = 10'000;
  const std::string outputs = prefix_of_outputs(input, run_folder);
  std::vector<std::string> batch;
  std::vector<ImageFailure> skipped;
  int64_t listed = 0;
  PRETAG_TRY(source.list(
      [&](const std::string& key) -> Status {
        if (!outputs.empty() && key.starts_with(outputs)) return {};
        ++listed;
        batch.push_back(key);
        if (batch.size() < kBatch) return {};
        PRETAG_TRY(ledger.add_inputs(batch));
        batch.clear();
        return {};
      },
      [&](const std::string& key, const std::string& reason) {
        progress.warning(fmt::format("{}: {}", key, reason));
        skipped.push_back({key, reason});
      }));
  PRETAG_TRY(ledger.add_inputs(batch));
  if (!skipped.empty()) PRETAG_TRY(ledger.record({}, skipped));
  if (listed == 0 && skipped.empty()) {
    return Error{ErrorCode::kNotFound, fmt::format("{}: no images found", source.description())};
  }
  return {};
}

}  // namespace pretag
