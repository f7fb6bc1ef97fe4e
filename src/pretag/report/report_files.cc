#include "pretag/report/report_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <set>
#include <span>
#include <string_view>

#include "pretag/io/file_system.h"
#include "pretag/report/html_report.h"
#include "pretag/report/json_report.h"
#include "pretag/report/json_report_v2.h"
#include "pretag/report/pdf_report.h"
#include "pretag/report/plots.h"
#include "pretag/report/text.h"
#include "pretag/util/strings.h"

namespace pretag {
namespace {

constexpr size_t kMostNameBytes = 180;

// One path component that Linux, macOS and Windows all take.
std::string flat_name(std::string_view filename) {
  std::string name;
  for (const char c : clean_text(filename)) {
    if (c == '/') {
      name += "__";
    } else {
      name += std::string_view("\\:*?\"<>|").find(c) != std::string_view::npos ? '_' : c;
    }
  }
  const size_t dot = name.rfind('.');
  if (dot != std::string::npos && dot > 0 && name.size() - dot <= 5) name.resize(dot);
  // The end of a path tells more than its beginning. A cut may not go through a character.
  if (name.size() > kMostNameBytes) name.erase(0, name.size() - kMostNameBytes);
  while (!name.empty() && (static_cast<unsigned char>(name.front()) & 0xC0) == 0x80) name.erase(0, 1);
  if (name.empty() || name.front() == '.') name.insert(0, 1, '_');
  return name;
}

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Files of these kinds but for those to keep, given with their folder.
Status remove_others(FileSystem& files, const std::string& folder, std::initializer_list<std::string_view> kinds,
                     const std::set<std::string>& kept) {
  PRETAG_ASSIGN(const auto entries, files.list(folder));
  for (const DirectoryEntry& entry : entries) {
    const bool of_kind = std::ranges::any_of(kinds, [&](std::string_view kind) { return entry.name.ends_with(kind); });
    const std::string path = folder + "/" + entry.name;
    if (entry.is_file && of_kind && !kept.contains(path)) PRETAG_TRY(files.remove(path));
  }
  return {};
}

Status write_plots(const ReportModel& model, FileSystem& files, const std::string& folder) {
  PRETAG_TRY(files.make_directories(folder));
  std::set<std::string> written;
  for (const MakeChart& make_chart : plots_of(model)) {
    const Chart chart = make_chart(model, kPlotWidth);
    PRETAG_TRY(files.write_atomically(folder + "/" + chart.name + ".svg", svg_file(chart)));
    PRETAG_ASSIGN(const auto png, png_file(chart));
    PRETAG_TRY(files.write_atomically(folder + "/" + chart.name + ".png", as_text(png)));
    written.insert({folder + "/" + chart.name + ".svg", folder + "/" + chart.name + ".png"});
  }
  // Charts of an earlier report that this one has not, as those of a selection.
  return remove_others(files, folder, {".svg", ".png"}, written);
}

Status write_debug_images(const ReportModel& model, FileSystem& files, const std::string& run_folder) {
  const std::string folder = run_folder + "/" + kDebugImagesFolder;
  const std::vector<std::string> names = debug_image_files(model);
  if (!names.empty()) PRETAG_TRY(files.make_directories(folder));
  for (size_t i = 0; i < names.size(); ++i)
    PRETAG_TRY(files.write_atomically(run_folder + "/" + names[i], as_text(model.debug_images[i].drawn_jpeg)));
  // Those of an earlier report show other boxes; but where pictures cannot be opened any more they are all there is.
  std::set<std::string> kept;
  for (const std::string& name : names) kept.insert(run_folder + "/" + name);
  if (model.debug_images_unavailable > 0 || !files.exists(folder)) return {};
  return remove_others(files, folder, {".jpg"}, kept);
}

}  // namespace

std::vector<std::string> debug_image_files(const ReportModel& model) {
  std::vector<std::string> files;
  std::set<std::string> taken;  // in lower case, for file systems that do not tell the cases apart
  for (const DebugImage& image : model.debug_images) {
    const std::string name = flat_name(image.filename);
    std::string distinct = name;
    for (int n = 2; !taken.insert(to_lower(distinct)).second; ++n) distinct = fmt::format("{}_{}", name, n);
    files.push_back(fmt::format("{}/{}.jpg", kDebugImagesFolder, distinct));
  }
  return files;
}

Status write_report(const ReportModel& model, FileSystem& files, const std::string& run_folder) {
  PRETAG_TRY(files.make_directories(run_folder));
  PRETAG_TRY(write_plots(model, files, run_folder + "/" + kPlotsFolder));
  PRETAG_TRY(write_debug_images(model, files, run_folder));
  PRETAG_ASSIGN(const std::string pdf, pdf_report(model));
  PRETAG_TRY(files.write_atomically(run_folder + "/" + kReportPdfFile, pdf));
  PRETAG_TRY(files.write_atomically(run_folder + "/" + kReportHtmlFile, html_report(model)));
  if (model.selection) PRETAG_TRY(files.write_atomically(run_folder + "/" + kReportV2File, json_report_v2(model)));
  return files.write_atomically(run_folder + "/" + kReportJsonFile, json_report(model));
}

}  // namespace pretag
