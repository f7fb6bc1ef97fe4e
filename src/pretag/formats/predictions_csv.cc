#include "pretag/formats/predictions_csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "pretag/formats/csv_text.h"
#include "pretag/formats/json_text.h"
#include "pretag/formats/number_text.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr char kHeader[] = "filename,width,height,label,score,x1,y1,x2,y2\n";

Error corrupt(std::string message) { return {ErrorCode::kCorrupt, std::move(message)}; }

std::string image_rows(const Prediction& image) {
  const bool sized = image.width > 0 && image.height > 0;
  const std::string start =
      csv_field(image.filename) + (sized ? fmt::format(",{},{},", image.width, image.height) : ",,,");
  if (image.detections.empty()) return start + ",,,,,\n";
  std::string rows;
  for (const Detection& detection : image.detections) {
    const Box& box = detection.box_in_image;
    rows += fmt::format("{}{},{},{:.2f},{:.2f},{:.2f},{:.2f}\n", start, csv_field(detection.label),
                        json_float(detection.score), box.x1, box.y1, box.x2, box.y2);
  }
  return rows;
}

class TableReader {
  static constexpr std::array kOfBox = {"score", "x1", "y1", "x2", "y2"};

 public:
  Status read_header(const std::vector<std::string>& names) {
    for (size_t i = 0; i < names.size(); ++i) columns_.emplace(std::string(trim(names[i])), i);
    for (const char* needed : {"filename", "label", "x1", "y1", "x2", "y2"}) {
      if (!columns_.contains(needed)) return corrupt(fmt::format("has no column \"{}\"", needed));
    }
    width_ = names.size();
    return {};
  }

  Status read_row(const std::vector<std::string>& row, Dataset& dataset) {
    if (row.size() != width_) return corrupt(fmt::format("has {} fields, the header has {}", row.size(), width_));
    PRETAG_ASSIGN(Prediction * image, image_of(row, dataset));
    const std::string& label = row[columns_.at("label")];
    const bool has_box = std::ranges::any_of(kOfBox, [&](const char* name) { return is_given(row, name); });
    if (label.empty() && has_box) return corrupt("has a box without a label");
    if (label.empty()) return {};
    PRETAG_TRY(add_class(dataset.classes, label));
    std::array<float, 4> corners{};
    const std::array<const char*, 4> names = {"x1", "y1", "x2", "y2"};
    for (size_t i = 0; i < 4; ++i) {
      PRETAG_ASSIGN(const double corner, number(row, names[i], -kMaxPixels, kMaxPixels));
      corners[i] = static_cast<float>(corner);
    }
    if (corners[0] > corners[2] || corners[1] > corners[3]) return corrupt("needs x1 <= x2 and y1 <= y2");
    double score = 1;
    if (is_given(row, "score")) {
      PRETAG_ASSIGN(score, number(row, "score", 0, 1));
    }
    image->detections.push_back(
        {{corners[0], corners[1], corners[2], corners[3]}, label, static_cast<float>(score), {}});
    return {};
  }

 private:
  bool is_given(const std::vector<std::string>& row, const char* name) const {
    const auto column = columns_.find(name);
    return column != columns_.end() && !row[column->second].empty();
  }

  Result<double> number(const std::vector<std::string>& row, const char* name, double least, double most) const {
    return parse_number(row[columns_.at(name)], name, least, most);
  }

  Result<Prediction*> image_of(const std::vector<std::string>& row, Dataset& dataset) {
    const std::string& filename = row[columns_.at("filename")];
    const auto [known, added] = images_.emplace(filename, dataset.images.size());
    if (!added) return &dataset.images[known->second];
    Prediction& image = dataset.images.emplace_back();
    image.filename = filename;
    if (is_given(row, "width") && is_given(row, "height")) {
      PRETAG_ASSIGN(const double width, number(row, "width", 1, kMaxPixels));
      PRETAG_ASSIGN(const double height, number(row, "height", 1, kMaxPixels));
      image.width = static_cast<int>(width), image.height = static_cast<int>(height);
    }
    return &image;
  }

  std::unordered_map<std::string, size_t> columns_;
  std::unordered_map<std::string, size_t> images_;  // their places in the dataset
  size_t width_ = 0;
};

}  // namespace

Result<Notes> write_csv(const DatasetView& dataset, const ExportTarget& target) {
  PRETAG_TRY(target.files.stream_atomically(target.path, [&](const FileSystem::Sink& sink) -> Status {
    PRETAG_TRY(sink(kHeader));
    return dataset.for_each([&](const Prediction& image) { return sink(image_rows(image)); });
  }));
  return Notes();
}

Result<Dataset> read_csv_text(std::string_view text) {
  text = without_byte_order_mark(text);
  if (text.empty()) return corrupt("is empty; the first row must name the columns");
  Dataset dataset;
  TableReader table;
  for (size_t number = 1; !text.empty(); ++number) {
    const auto record = next_csv_record(text);
    if (!record) return record.error().in(fmt::format("row {}", number));
    const bool blank = record->size() == 1 && record->front().empty();
    if (blank && number > 1) continue;
    const Status status = number == 1 ? table.read_header(*record) : table.read_row(*record, dataset);
    if (!status) return status.error().in(fmt::format("row {}", number));
  }
  std::ranges::sort(dataset.classes);
  PRETAG_TRY(finish_dataset(dataset, {}));
  return dataset;
}

Result<Dataset> read_csv(const ImportSource& source) {
  PRETAG_ASSIGN(const std::string text, read_text_file(source.files, source.path, kMaxDocumentBytes));
  PRETAG_ASSIGN(Dataset dataset, read_csv_text(text));
  PRETAG_TRY(finish_dataset(dataset, source.sizes));
  return dataset;
}

}  // namespace pretag
