#include "pretag/worker/picture_folders.h"

#include <fmt/format.h>

#include <algorithm>

#include "pretag/util/machine.h"
#include "pretag/worker/mount.h"

namespace pretag {

Status prepare_picture_folder(FileSystem& files, const std::string& lightly, const PictureFolder& folder) {
  const std::string path = fmt::format("{}/{}", lightly, folder.path);
  Status made = files.make_directories(path);
  if (made) made = files.write_atomically(path + "/.writable", "yes\n");
  if (!made) return Error{made.error().code, fmt::format("{}; {} are kept there", made.error().message, folder.holds)};
  PRETAG_TRY(files.remove(path + "/.writable"));
  return {};
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
