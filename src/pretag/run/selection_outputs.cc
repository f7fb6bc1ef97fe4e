// The files that a selection leaves in the run folder.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_set>

#include "pretag/data/frame_name.h"
#include "pretag/data/object_crop.h"
#include "pretag/formats/corruptness.h"
#include "pretag/formats/embeddings_csv.h"
#include "pretag/formats/selection_file.h"
#include "pretag/io/file_system.h"
#include "pretag/report/report_files.h"
#include "pretag/run/selection_pass.h"

namespace pretag {
namespace {

constexpr char kSampledNames[] = "filenames/sampled_filenames.txt", kRemovedNames[] = "filenames/removed_filenames.txt",
               kSelectedEmbeddings[] = "data/selected_embeddings.csv", kCropNames[] = "filenames/sampled_crops.txt",
               kSequences[] = "sequence_information.json", kDuplicateNames[] = "filenames/duplicate_filenames.txt";

using Json = nlohmann::json;
using Names = std::unordered_set<std::string>;

Status write_names(const RunOutputs& outputs, const std::string& file, const std::vector<std::string>& names) {
  return outputs.files.stream_atomically(outputs.path(file), [&](const FileSystem::Sink& sink) -> Status {
    for (const std::string& name : names) PRETAG_TRY(sink(filename_line(name)));
    return {};
  });
}

// Whatever was read and is neither selected nor a duplicate of something else.
Status write_removed(const RunOutputs& outputs, const Ledger& ledger, const Names& selected, const Names& duplicates) {
  return outputs.files.stream_atomically(outputs.path(kRemovedNames), [&](const FileSystem::Sink& sink) {
    return ledger.for_each_result([&](const ImageResult& image) -> Status {
      const std::string& name = image.info.filename;
      return selected.contains(name) || duplicates.contains(name) ? Status() : sink(filename_line(name));
    });
  });
}

Status write_selected_embeddings(const RunOutputs& outputs, const Ledger& ledger, const Names& selected) {
  size_t columns = 0;
  PRETAG_TRY(ledger.for_each_result([&](const ImageResult& image) -> Status {
    columns = std::max(columns, image.embedding.size());
    return {};
  }));
  if (columns == 0) {
    const auto removed = outputs.files.remove(outputs.path(kSelectedEmbeddings));
    return removed ? Status() : removed.error();
  }
  return outputs.files.stream_atomically(
      outputs.path(kSelectedEmbeddings), [&](const FileSystem::Sink& sink) -> Status {
        EmbeddingsCsvWriter writer(sink, columns);
        PRETAG_TRY(writer.begin());
        return ledger.for_each_result([&](const ImageResult& image) -> Status {
          return selected.contains(image.info.filename) ? writer.add(image.info.filename, image.embedding) : Status();
        });
      });
}

Status write_crop_names(const RunOutputs& outputs, const Selection& selection) {
  if (!selection.objects) {
    PRETAG_TRY(outputs.files.remove(outputs.path(kCropNames)));
    return {};
  }
  std::vector<std::string> names;
  for (const SelectedObject& object : selection.objects->selected) {
    names.push_back(crop_name(object.filename, selection.objects->task, object.index));
  }
  return write_names(outputs, kCropNames, names);
}

// Of the selected objects, by the names of their crops, in byte order of their images.
Status write_crop_embeddings(const RunOutputs& outputs, const Selection& selection) {
  const std::string path = outputs.path(kSelectedCropEmbeddings);
  std::map<std::string_view, std::map<int64_t, const Embedding*>> selected;  // by image and index
  if (selection.objects) {
    for (const SelectedObject& object : selection.objects->selected) {
      if (!object.embedding.empty()) selected[object.filename][object.index] = &object.embedding;
    }
  }
  if (selected.empty()) {
    PRETAG_TRY(outputs.files.remove(path));
    return {};
  }
  const size_t columns = selected.begin()->second.begin()->second->size();
  return outputs.files.stream_atomically(path, [&](const FileSystem::Sink& sink) -> Status {
    EmbeddingsCsvWriter writer(sink, columns);
    PRETAG_TRY(writer.begin());
    for (const auto& [filename, objects] : selected) {
      for (const auto& [index, embedding] : objects) {
        PRETAG_TRY(writer.add(crop_name(filename, selection.objects->task, index), *embedding));
      }
    }
    return {};
  });
}

// As the Lightly Worker writes them: {"filenames"} for images, and for frames of a video what they are and when.
Json sequence_json(std::span<const SelectedSample> samples, const Source* source) {
  Json names = Json::array(), indices = Json::array(), pts = Json::array(), seconds = Json::array();
  std::string video;
  for (const SelectedSample& sample : samples) {
    names.push_back(sample.filename);
    const auto frame = parse_frame_name(sample.filename);
    if (!frame) continue;
    video = frame->video;
    indices.push_back(frame->index);
    const auto time = source != nullptr ? source->time_of(sample.filename) : std::nullopt;
    pts.push_back(time ? Json(time->pts) : Json());
    seconds.push_back(time ? Json(time->seconds) : Json());
  }
  if (video.empty()) return {{"filenames", names}};
  return {{"video_name", video},
          {"frame_names", names},
          {"frame_timestamps_pts", pts},
          {"frame_timestamps_sec", seconds},
          {"frame_indices", indices}};
}

}  // namespace

Status write_selection_outputs(const RunOutputs& outputs, const Ledger& ledger, const Selection& selection) {
  PRETAG_TRY(outputs.files.make_directories(outputs.path("filenames")));
  PRETAG_TRY(outputs.files.make_directories(outputs.path("data")));
  std::vector<std::string> names;
  for (const SelectedSample& sample : selection.selected) names.push_back(sample.filename);
  Names selected(names.begin(), names.end()), duplicates;
  for (const DuplicatePair& pair : selection.duplicates) duplicates.insert(pair.filename);
  PRETAG_TRY(write_selected_embeddings(outputs, ledger, selected));
  selected.insert(selection.preselected.begin(), selection.preselected.end());
  PRETAG_TRY(write_names(outputs, kSampledNames, names));
  PRETAG_TRY(write_removed(outputs, ledger, selected, duplicates));
  PRETAG_TRY(write_crop_names(outputs, selection));
  PRETAG_TRY(write_crop_embeddings(outputs, selection));
  return outputs.files.write_atomically(outputs.path(kSelectionFile), write_selection(selection));
}

Result<std::optional<Selection>> read_selection_outputs(const RunOutputs& outputs) {
  const std::string path = outputs.path(kSelectionFile);
  constexpr size_t kMostBytes = size_t{4} << 30;
  if (!outputs.files.exists(path)) return std::optional<Selection>();
  PRETAG_ASSIGN(const auto bytes, outputs.files.read(path, kMostBytes));
  auto selection = read_selection({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!selection) return selection.error().in(path);
  return std::optional(*std::move(selection));
}

Result<bool> remove_selection_outputs(const RunOutputs& outputs) {
  bool any = false;
  for (const char* file : {kSelectionFile, kSelectedEmbeddings, kSelectedCropEmbeddings, kSampledNames, kRemovedNames,
                           kCropNames, kSequences, kReportV2File}) {
    PRETAG_ASSIGN(const bool removed, outputs.files.remove(outputs.path(file)));
    any = any || removed;
  }
  return any;
}

Status write_sequences(const RunOutputs& outputs, const Selection& selection, int64_t length, const Source* source) {
  if (length <= 1) {
    PRETAG_TRY(outputs.files.remove(outputs.path(kSequences)));
    return {};
  }
  Json sequences = Json::array();
  const std::span<const SelectedSample> selected = selection.selected;
  const auto step = static_cast<size_t>(length);
  for (size_t i = 0; i < selected.size(); i += step) {
    sequences.push_back(sequence_json(selected.subspan(i, std::min(step, selected.size() - i)), source));
  }
  return outputs.files.write_atomically(outputs.path(kSequences), sequences.dump(1) + "\n");
}

Status write_duplicates(const RunOutputs& outputs, const std::vector<DuplicatePair>& duplicates) {
  PRETAG_TRY(outputs.files.make_directories(outputs.path("filenames")));
  std::vector<std::string> names;
  names.reserve(duplicates.size());
  for (const DuplicatePair& pair : duplicates) names.push_back(pair.filename);
  return write_names(outputs, kDuplicateNames, names);
}

Status remove_duplicate_list(const RunOutputs& outputs) {
  PRETAG_TRY(outputs.files.remove(outputs.path(kDuplicateNames)));
  return {};
}

}  // namespace pretag
