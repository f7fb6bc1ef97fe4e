// The version in CMakeLists.txt.
#pragma once

namespace pretag {

const char* version();  // "0.1.0"

}  // namespace pretag
