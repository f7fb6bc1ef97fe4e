#include "pretag/util/version.h"

namespace pretag {

const char* version() { return PRETAG_VERSION; }

}  // namespace pretag
