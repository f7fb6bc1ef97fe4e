#include "pretag/worker/picture_folders.h"

#include <fmt/format.h>

#include <algorithm>

#include "pretag/util/machine.h"
#include "pretag/worker/mount.h"
#include "pretag/worker/output_folder.h"

namespace pretag {

Status prepare_picture_folder(FileSystem& files, const std::string& lightly, const PictureFolder& folder) {
  const Status checked = check_writable(files, fmt::format("{}/{}", lightly, folder.path));
  if (checked) return {};
  return Error{checked.error().code, fmt::format("{}; {} are kept there", checked.error().message, folder.holds)};
}

size_t pictures_at_once(const FileSystem& files, const std::string& lightly, const Source& source) {
  constexpr int kOverANetwork = 16;
  const int cores = std::max(1, available_cores());
  return static_cast<size_t>(source.is_remote() || files.is_remote(lightly) ? std::max(cores, kOverANetwork) : cores);
}

Status write_picture(FileSystem& files, const std::string& lightly, const PictureFolder& folder,
                     const std::string& name, std::span<const std::byte> png) {
  PRETAG_ASSIGN(const std::string path,
                below_mount(fmt::format("{}/{}", lightly, folder.path), name, "the name of a picture"));
  PRETAG_TRY(files.make_directories(path.substr(0, path.rfind('/'))));
  return files.write_atomically(path, {reinterpret_cast<const char*>(png.data()), png.size()});
}

}  // namespace pretag
