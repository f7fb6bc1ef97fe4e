// Which libraries the program runs on.
#pragma once

#include <string>
#include <vector>

namespace pretag {

struct Library {
  std::string name, version;
};

std::vector<Library> library_versions();

// The instructions that oneDNN will use, e.g. "AVX512_CORE_VNNI": the processor's, or less by ONEDNN_MAX_CPU_ISA.
std::string onednn_isa_name();
bool onednn_uses_avx512();

}  // namespace pretag
