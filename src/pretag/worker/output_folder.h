// The folder that all jobs of a worker write to.
#pragma once

#include <string>
#include <string_view>

#include "pretag/io/file_system.h"
#include "pretag/util/result.h"

namespace pretag {

// Whether `folder` can be written to, made if need be; leaves nothing in it. Several may ask at a time.
Status check_writable(FileSystem& files, const std::string& folder, std::string_view bytes = "yes\n");

// Whether there is room for the least that a job writes: where there is not, every job would end for nothing of its
// own. The error names the folder.
Status check_output_folder(FileSystem& files, const std::string& folder);

}  // namespace pretag
