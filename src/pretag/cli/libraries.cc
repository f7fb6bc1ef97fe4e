#include "pretag/cli/libraries.h"

#include <dnnl.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <sqlite3.h>

#include <opencv2/core/utility.hpp>

#include "pretag/nn/compute_format.h"
#include "pretag/video/video_file.h"

namespace pretag {
namespace {

// On ARM the numbers stand for other things.
#if defined(__aarch64__)
std::string isa_name(dnnl_cpu_isa_t /*isa*/) { return "AArch64"; }
#else
std::string isa_name(dnnl_cpu_isa_t isa) {
  switch (isa) {
    case dnnl_cpu_isa_sse41:
      return "SSE41";
    case dnnl_cpu_isa_avx:
      return "AVX";
    case dnnl_cpu_isa_avx2:
      return "AVX2";
    case dnnl_cpu_isa_avx2_vnni:
      return "AVX2_VNNI";
    case dnnl_cpu_isa_avx512_core:
      return "AVX512_CORE";
    case dnnl_cpu_isa_avx512_core_vnni:
      return "AVX512_CORE_VNNI";
    case dnnl_cpu_isa_avx512_core_bf16:
      return "AVX512_CORE_BF16";
    case dnnl_cpu_isa_avx512_core_amx:
      return "AVX512_CORE_AMX";
    default:
      return fmt::format("0x{:x}", static_cast<unsigned>(isa));
  }
}
#endif

}  // namespace

std::string onednn_isa_name() { return isa_name(dnnl_get_effective_cpu_isa()); }

bool onednn_uses_avx512() { return has_avx512(); }

std::vector<Library> library_versions() {
  const dnnl_version_t* onednn = dnnl_version();
  return {{"OpenCV", cv::getVersionString()},
          {"oneDNN", fmt::format("{}.{}.{}", onednn->major, onednn->minor, onednn->patch)},
          {"FFmpeg", ffmpeg_version()},
          {"SQLite", sqlite3_libversion()},
          {"libpq", fmt::format("{}.{}", PQlibVersion() / 10000, PQlibVersion() % 10000)}};
}

}  // namespace pretag
