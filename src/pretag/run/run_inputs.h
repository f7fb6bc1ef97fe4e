// From the request to the list of images in the ledger.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "pretag/run/progress.h"
#include "pretag/run/run.h"
#include "pretag/source/source.h"
#include "pretag/store/ledger.h"

namespace pretag {

// What somebody named as the input, without the slashes at its end: what is below it gets a name by adding to it, and
// in a bucket "photos//.lightly" is another place than "photos/.lightly". The root of the disk keeps its own.
std::string named_input(std::string text);

// Where the user's metadata, predictions and lists are: request.lightly_folder, else lightly_folder_beside() the input.
std::string lightly_folder_of(const RunRequest& request, const FileSystem& files);
// .lightly in the input folder, or, where the input is a single file, in the file's.
std::string lightly_folder_beside(const std::string& input, const FileSystem& files);

// The input folder or file, restricted to config.relevant_filenames_file if there is one: a path as it stands, or
// below .lightly of the input.
Result<std::unique_ptr<Source>> open_input(const RunRequest& request, FileSystem& files);

// The input of a run that is there already, to look at its pictures once more. kNotFound or kIo where it is gone.
Result<std::unique_ptr<Source>> reopen_input(const Ledger& ledger, FileSystem& files, int64_t max_image_bytes,
                                             int64_t max_image_pixels);

// Adds what the source lists to the ledger. What cannot be used is recorded as a failure. What lies in a run folder,
// this run's or another's, is an output and passed over. kNotFound if there is no image at all; kCancelled soon after
// `cancel` becomes true.
Status list_inputs(const Source& source, const RunRequest& request, const FileSystem& files, Ledger& ledger,
                   ProgressSink& progress, const std::atomic<bool>& cancel);

// What a run keeps of where its input is: the path without links, but for a single file its own name, as its images
// are named after that.
std::string input_place(const std::string& input, const FileSystem& files);

}  // namespace pretag
