// What every format of detections is written from and read into. formats/dataset_formats.h lists the formats.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/data/prediction.h"
#include "pretag/io/file_system.h"
#include "pretag/util/result.h"

namespace pretag {

// Things to tell people after a conversion: what was left out or changed. Holds a few examples of each, whatever their
// number.
class Notes {
 public:
  // `what` follows the count: "images have …".
  void add(const std::string& what, const std::string& example);
  void add(const Notes& other);
  // "12 images have …: a.jpg, b.jpg, c.jpg and 9 more"
  std::vector<std::string> lines() const;

 private:
  struct Group {
    size_t count = 0;
    std::vector<std::string> examples;
  };
  std::map<std::string, Group> groups_;
};

// Detections to write, one image at a time.
struct DatasetView {
  std::vector<std::string> classes;        // every label is one of them
  std::vector<std::string> model_classes;  // what Detection::probabilities are of; may be empty
  // Visits every image, in byte order of the names, each name once; detections by falling score. Formats that list
  // images before boxes call it twice, and get the same both times.
  using Visit = std::function<Status(const Prediction&)>;
  std::function<Status(const Visit& visit)> for_each;
};

struct ExportTarget {
  FileSystem& files;
  std::string path;                         // a file or a folder, as the format has it; nothing is there yet
  std::string image_prefix;                 // folder or URL before the images' names, where the format tells it
  std::string task = "lightly_pretagging";  // where the format knows tasks
  bool scores = false;                      // also where the format's own definition has no place for them
};

struct ImageSize {
  std::string filename;
  int width = 0, height = 0;
};

struct ImportSource {
  const FileSystem& files;
  std::string path;          // a file or a folder, as the format has it
  std::string image_prefix;  // taken off the images' names, where the format tells more than the relative path
  std::string task;          // where there are several; empty: there must be only one
  std::vector<ImageSize>
      sizes;  // of the images, in byte order of their names, for formats that do not tell; may be empty
};

// What was read. Objects without a score, which people have marked, have 1.
struct Dataset {
  std::vector<std::string> classes;
  std::vector<Prediction> images;  // in byte order of their names, each once
  Notes notes;
};

// The view holds a reference.
DatasetView view_of(const Dataset& dataset);

// Brings what a reader has collected into the order that Dataset promises, fills in sizes that it left 0 from
// `sizes`, and checks it: kCorrupt for a name that occurs twice or that would leave the folder of the images ("../a").
Status finish_dataset(Dataset& dataset, const std::vector<ImageSize>& sizes);

// The known size of an image, null if there is none.
const ImageSize* find_size(const std::vector<ImageSize>& sizes, std::string_view filename);

// kInvalidArgument, naming the image, if its size is not known.
Status require_size(const std::string& filename, int width, int height);

// The number of a label among `classes`, kInvalidArgument for one that is none of them.
Result<size_t> class_number(const std::vector<std::string>& classes, const std::string& label);

// Adds `label` to `classes` unless it is there. kCorrupt for one that is empty, not UTF-8 or one too many.
Status add_class(std::vector<std::string>& classes, const std::string& label);

// That a file may name; the largest public set has some 1,200.
inline constexpr size_t kMaxClasses = 10'000;

// The whole of a text file.
Result<std::string> read_text_file(const FileSystem& files, const std::string& path, size_t max_bytes);

// JSON and XML documents are held as text while they are read.
inline constexpr size_t kMaxDocumentBytes = size_t{8} << 30;
// A file for a single image: some 400,000 objects.
inline constexpr size_t kMaxImageFileBytes = size_t{16} << 20;

}  // namespace pretag
