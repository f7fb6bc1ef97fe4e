#include "pretag/worker/selected_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pretag/formats/selection_file.h"
#include "pretag/util/strings.h"

namespace pretag {

Result<SelectedImages> SelectedImages::read(const UploadTools& tools, const Ledger& ledger,
                                            const std::string& run_folder, bool has_selection) {
  SelectedImages images(tools, ledger);
  if (!has_selection) {
    PRETAG_TRY(ledger.for_each_result([&](const ImageResult& image) -> Status {
      images.add(image.info.filename);
      return {};
    }));
    return images;
  }
  constexpr size_t kMostBytes = size_t{1} << 32;
  const std::string path = run_folder + "/" + kSelectionFile;
  PRETAG_ASSIGN(const auto bytes, tools.files.read(path, kMostBytes));
  auto selection = read_selection({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!selection) return selection.error().in(path);
  for (const SelectedSample& sample : selection->selected) images.add(sample.filename);
  images.objects_ = std::move(selection->objects);
  return images;
}

// The server refuses names with line breaks, and one odd name must not make the job fail.
void SelectedImages::add(const std::string& filename) {
  constexpr size_t kLongest = 300;
  if (filename.find_first_of("\r\n") == std::string::npos) {
    names_.insert(filename);
  } else {
    tools_.reporter.log("WARNING",
                        one_line(filename, kLongest) +
                            ": is not uploaded, for its name has a line break, which the server does not take");
  }
}

Status SelectedImages::for_each_batch(const std::string& what, size_t size, const Also& also,
                                      const std::function<Status(const std::vector<ImageResult>&)>& visit) const {
  std::vector<ImageResult> batch;
  size_t done = 0;
  const auto visit_batch = [&]() -> Status {
    PRETAG_TRY(tools_.go_on());
    done += batch.size();
    PRETAG_TRY(visit(batch));
    batch.clear();
    tools_.reporter.state(kUploadState, fmt::format("{}: {}/{}", what, done, std::max(done, names_.size())));
    return {};
  };
  PRETAG_TRY(ledger_.for_each_result([&](const ImageResult& image) -> Status {
    if (names_.contains(image.info.filename) || also(image.info.filename)) batch.push_back(image);
    return batch.size() < size ? Status() : visit_batch();
  }));
  return batch.empty() ? Status() : visit_batch();
}

}  // namespace pretag
