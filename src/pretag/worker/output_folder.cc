#include "pretag/worker/output_folder.h"

namespace pretag {

Status check_writable(FileSystem& files, const std::string& folder, std::string_view bytes) {
  PRETAG_TRY(files.make_directories(folder));
  PRETAG_TRY(files.write_atomically(folder + "/.writable", bytes));
  PRETAG_TRY(files.remove(folder + "/.writable"));
  return {};
}

Status check_output_folder(FileSystem& files, const std::string& folder) {
  constexpr size_t kLeast = size_t{1} << 20;  // bytes
  const Status checked = check_writable(files, folder, std::string(kLeast, '.'));
  return checked ? checked : checked.error().in("output_dir");
}

}  // namespace pretag
