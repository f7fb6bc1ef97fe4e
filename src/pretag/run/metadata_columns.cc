#include "pretag/run/metadata_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <unordered_map>

#include "pretag/data/frame_name.h"
#include "pretag/formats/lightly_metadata.h"
#include "pretag/formats/lightly_metadata_files.h"
#include "pretag/run/number_column.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

Error invalid(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message)}; }

// What is measured of every image.
using Measure = double (*)(const ImageInfo&);
const std::map<std::string, Measure, std::less<>>& measures() {
  static const std::map<std::string, Measure, std::less<>> all = {
      {"lightly.height", [](const ImageInfo& info) -> double { return info.height; }},
      {"lightly.luminance", [](const ImageInfo& info) -> double { return info.quality.luminance; }},
      {"lightly.sharpness", [](const ImageInfo& info) -> double { return info.quality.sharpness; }},
      {"lightly.sizeInBytes", [](const ImageInfo& info) { return static_cast<double>(info.bytes); }},
      {"lightly.snr", [](const ImageInfo& info) -> double { return info.quality.snr; }},
      {"lightly.uniformRowRatio", [](const ImageInfo& info) -> double { return info.quality.uniform_row_ratio; }},
      {"lightly.width", [](const ImageInfo& info) -> double { return info.width; }},
  };
  return all;
}

class MeasureColumn : public NumberColumn {
 public:
  explicit MeasureColumn(Measure measure) : NumberColumn(true), measure_(measure) {}
  Status add(const SelectionSample& sample) override {
    values_.push_back(measure_(sample.image.info));
    return {};
  }

 private:
  Measure measure_;
};

// Reads one field of the images' metadata files.
class MetadataReader {
 public:
  MetadataReader(MetadataField field, const SelectionSources& sources)
      : field_(std::move(field)), files_(sources.files, sources.lightly_folder) {}

  // The objects of an image come one after the other, and its files are read once for all of them.
  Result<MetadataValue> of(const ImageResult& image) {
    if (last_value_ && last_image_ == image.info.filename) return *last_value_;
    PRETAG_ASSIGN(last_value_, read(image.info.filename));
    last_image_ = image.info.filename;
    return *last_value_;
  }

  std::vector<std::string> files_of(const std::string& filename) const { return files_.paths_of(filename); }

 private:
  Result<MetadataValue> read(const std::string& filename) const {
    const auto frame = parse_frame_name(filename);
    return frame ? read_frame(filename, frame->video) : read_file(filename, field_);
  }

  // What is said of a video holds for its frames, unless their own files say otherwise.
  Result<MetadataValue> read_frame(const std::string& filename, const std::string& video) const {
    MetadataField field = field_;
    field.has_default = false;
    const auto own = read_file(filename, field);
    if (own) return own;
    PRETAG_ASSIGN(const MetadataValue of_video, read_file(video, field_));
    field.has_default = true;
    field.default_number = of_video.number;
    field.default_text = of_video.text;
    return read_file(filename, field);  // where it is damaged, and does not only lack the key, that is the error
  }

  Result<MetadataValue> read_file(const std::string& filename, const MetadataField& field) const {
    const std::string path = files_.path_of(filename);
    PRETAG_ASSIGN(const auto text, files_.read(path));
    auto value = read_metadata_value(field, text);
    if (!value) return value.error().in(path);
    return value;
  }

  MetadataField field_;
  MetadataFiles files_;
  std::string last_image_;
  std::optional<MetadataValue> last_value_;
};

class MetadataNumberColumn : public NumberColumn {
 public:
  explicit MetadataNumberColumn(MetadataReader reader) : NumberColumn(true), reader_(std::move(reader)) {}
  Status add(const SelectionSample& sample) override {
    PRETAG_ASSIGN(const MetadataValue value, reader_.of(sample.image));
    values_.push_back(value.number);
    return {};
  }
  std::vector<std::string> files_of(const std::string& filename) const override { return reader_.files_of(filename); }

 private:
  MetadataReader reader_;
};

// One category of many. Told apart are those of the target, else the most frequent; the rest is one class.
class MetadataCategoryColumn : public SelectionColumn {
 public:
  MetadataCategoryColumn(MetadataReader reader, std::map<std::string, double> target)
      : reader_(std::move(reader)), target_(std::move(target)) {}

  Status add(const SelectionSample& sample) override {
    PRETAG_ASSIGN(MetadataValue value, reader_.of(sample.image));
    const auto [entry, is_new] = index_of_.try_emplace(std::move(value.text), names_.size());
    if (is_new) {
      names_.push_back(entry->first);
      counts_.push_back(0);
    }
    ++counts_[entry->second];
    category_of_.push_back(entry->second);
    return {};
  }
  std::vector<std::string> files_of(const std::string& filename) const override { return reader_.files_of(filename); }
  Status add_foreign(const std::string&, std::span<const float>) override {
    ++foreign_;
    return {};
  }
  void move_into(Objective& objective) override {
    const std::map<std::string, size_t> classes = classes_told_apart();
    ClassColumns columns;
    for (const auto& [name, index] : classes) columns.classes.push_back(name);
    const auto is_told_apart = [&](const std::string& name) { return classes.contains(name); };
    if (!std::ranges::all_of(names_, is_told_apart)) columns.classes.emplace_back("(all other values)");
    std::vector<size_t> column_of;
    for (const std::string& name : names_) {
      const auto found = classes.find(name);
      column_of.push_back(found == classes.end() ? classes.size() : found->second);
    }
    // Of foreign images nothing is known: their rows stay 0.
    columns.values.resize((category_of_.size() + foreign_) * columns.classes.size());
    for (size_t i = 0; i < category_of_.size(); ++i) {
      columns.values[i * columns.classes.size() + column_of[category_of_[i]]] = 1;
    }
    objective.input = std::move(columns);
  }

 private:
  // A row of as many numbers is held for every image.
  static constexpr size_t kMostClasses = 100;

  // In the order of the names, with their places in it.
  std::map<std::string, size_t> classes_told_apart() const {
    std::map<std::string, size_t> classes;
    for (const auto& [name, share] : target_) classes.try_emplace(name);
    if (target_.empty()) {
      std::vector<size_t> order(names_.size());
      std::iota(order.begin(), order.end(), size_t{0});
      std::ranges::sort(order, [&](size_t a, size_t b) {
        return counts_[a] != counts_[b] ? counts_[a] > counts_[b] : names_[a] < names_[b];
      });
      order.resize(std::min(order.size(), kMostClasses));
      for (const size_t category : order) classes.try_emplace(names_[category]);
    }
    size_t next = 0;
    for (auto& [name, index] : classes) index = next++;
    return classes;
  }

  MetadataReader reader_;
  std::map<std::string, double> target_;
  std::unordered_map<std::string, size_t> index_of_;
  std::vector<std::string> names_;
  std::vector<size_t> counts_;       // images of each name
  std::vector<size_t> category_of_;  // of each image
  size_t foreign_ = 0;               // they come last
};

using Column = Result<std::unique_ptr<SelectionColumn>>;

template <class Kind, class... Arguments>
Column make(Arguments&&... arguments) {
  return std::unique_ptr<SelectionColumn>(std::make_unique<Kind>(std::forward<Arguments>(arguments)...));
}

}  // namespace

Column make_metadata_column(const SelectionEntry& entry, const SelectionSources& sources) {
  const std::string& key = entry.input.key;
  const bool balance = entry.strategy.type == StrategyType::kBalance;
  const auto measure = measures().find(key);
  if (measure != measures().end()) {
    if (balance) return invalid(fmt::format("BALANCE needs categories, and {} is a number", key));
    return make<MeasureColumn>(measure->second);
  }
  std::vector<std::string> known;
  for (const auto& [name, value] : measures()) known.push_back(name);

  const MetadataFiles files(sources.files, sources.lightly_folder);
  PRETAG_ASSIGN(const auto schema, files.read_schema());
  if (schema) {
    auto fields = read_metadata_schema(*schema);
    if (!fields) return fields.error().in(files.schema_path());
    for (MetadataField& field : *fields) {
      if (field.path != key) {
        known.push_back(field.path);
        continue;
      }
      if (balance == field.numeric) {
        return invalid(fmt::format("{} needs {}, and {} is {}", balance ? "BALANCE" : "This strategy",
                                   balance ? "categories" : "a number", key,
                                   field.numeric ? "a number" : "a category"));
      }
      MetadataReader reader(field, sources);
      if (field.numeric) return make<MetadataNumberColumn>(std::move(reader));
      return make<MetadataCategoryColumn>(std::move(reader), entry.strategy.target);
    }
  }
  return invalid(fmt::format("there is no metadata '{}' ({} says what there is): {}", one_line(key),
                             files.schema_path(), known_names(key, known)));
}

}  // namespace pretag
