#include "pretag/worker/frames.h"

#include "pretag/worker/mount.h"

namespace pretag {

Status prepare_frames_folder(FileSystem& files, const std::string& lightly) {
  const std::string folder = lightly + "/" + kFramesFolder;
  Status made = files.make_directories(folder);
  if (made) made = files.write_atomically(folder + "/.writable", "yes\n");
  if (!made) return Error{made.error().code, made.error().message + "; the selected frames of videos are kept there"};
  PRETAG_TRY(files.remove(folder + "/.writable"));
  return {};
}

Status write_frame(FileSystem& files, const std::string& lightly, const std::string& name,
                   std::span<const std::byte> png) {
  PRETAG_ASSIGN(const std::string path, below_mount(lightly + "/" + kFramesFolder, name, "the frame"));
  PRETAG_TRY(files.make_directories(path.substr(0, path.rfind('/'))));
  return files.write_atomically(path, {reinterpret_cast<const char*>(png.data()), png.size()});
}

}  // namespace pretag
