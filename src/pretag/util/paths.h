// Which names from outside may become paths below a folder.
#pragma once

#include <string_view>

namespace pretag {

// Whether folder + "/" + path is below the folder and the only spelling of what is there: "a/b.jpg", but not "", "/a",
// "a//b", "./a" or "a/../b".
bool stays_inside(std::string_view path);

// Whether folder + "/" + path may be outside of the folder: "/a", "a/../../b". For paths that people write, in which
// "./a", "a//b" and "" do no harm.
bool climbs_out(std::string_view path);

}  // namespace pretag
