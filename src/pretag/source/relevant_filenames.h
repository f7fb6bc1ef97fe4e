// The `relevant_filenames_file`: which of a source's files a run is about.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pretag/source/gitignore_pattern.h"
#include "pretag/source/shard.h"
#include "pretag/source/source.h"
#include "pretag/util/result.h"

namespace pretag {

// Immutable; any number of threads may use it.
class RelevantFilenames {
 public:
  // One line with a '*': everything up to the first one is the prefix.
  struct Prefix {
    std::string prefix;
    std::vector<GitignorePattern> exclusions;  // the last that matches decides; a negated one includes again
  };
  RelevantFilenames(std::vector<std::string> names, std::vector<Prefix> prefixes);

  // A frame of a video is relevant if it is named itself or its video is.
  bool matches(std::string_view key) const;
  // Whether frames of this video can be relevant.
  bool may_match_frames_of(std::string_view video) const;
  // The names without '*', sorted by byte, each once.
  const std::vector<std::string>& names() const { return names_; }

 private:
  bool is_named(std::string_view key) const;

  std::vector<std::string> names_;
  std::vector<Prefix> prefixes_;
};

// One entry a line; empty lines, a byte order mark and carriage returns are overlooked.
//   image_1.png                                        this file; the name may contain spaces
//   subdir/*                                           all files whose path begins with "subdir/"
//   subdir/* subdir/image_4* !subdir/image_41.png      the same without those that the gitignore patterns exclude
// What stands between the first '*' and the next white space has no meaning: the prefix ends at the star.
// kInvalidArgument names `name` and the line for paths that are absolute, contain "." or ".." components or are not
// UTF-8, and for a pattern over 1,024 bytes or more than 1,000 patterns in a line.
Result<RelevantFilenames> parse_relevant_filenames(std::string_view text, const std::string& name);

// Why filter_source() skips a name: there is no file that could have been read.
inline constexpr char kNotInInput[] = "it is listed as relevant, but the input does not have it";

// The files of `source` that `relevant` names. Names without '*' that the source does not have go to `skip`; a video is
// there if one of its frames is. A source that lists only a shard is not asked for names of the others; of one that
// lists only what is new, `tells_missing` is to be false.
std::unique_ptr<Source> filter_source(std::unique_ptr<Source> source, RelevantFilenames relevant, Shard shard = {},
                                      bool tells_missing = true);

}  // namespace pretag
