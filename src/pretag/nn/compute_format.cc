#include "pretag/nn/compute_format.h"

#include <oneapi/dnnl/dnnl.hpp>

#include "pretag/util/cpu_features.h"

namespace pretag {
ComputeFormat float32_format() {
#if defined(__aarch64__)
  return {ElementType::kFloat32, 0};
#else
  return {ElementType::kFloat32, has_avx512() ? 16 : 8};
#endif
}
ComputeFormat bfloat16_format() { return {ElementType::kBFloat16, 0}; }
ComputeFormat unsigned_format(float limit) { return {ElementType::kUInt8, 0, limit / 255}; }
ComputeFormat signed_format(float limit) { return {ElementType::kInt8, 0, limit / 127}; }

#if defined(__aarch64__)
bool supports_bfloat16() { return false; }
bool has_native_bfloat16() { return false; }
bool supports_int8() { return true; }
bool has_native_int8() {
  static const bool has_dot_products = probe_cpu_features().neon_dot;
  return has_dot_products;
}
bool has_avx512() { return false; }
bool has_signed_int8() { return false; }
#else
namespace {

// oneDNN's ISA values are bit sets in which a newer one includes the older.
bool has(dnnl::cpu_isa wanted) {
  const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  const auto bits = static_cast<unsigned>(wanted);
  return (isa & bits) == bits;
}

}  // namespace

bool supports_bfloat16() { return has_avx512(); }
bool has_native_bfloat16() { return has(dnnl::cpu_isa::avx512_core_bf16); }
bool supports_int8() { return has(dnnl::cpu_isa::avx2); }
bool has_native_int8() { return has(dnnl::cpu_isa::avx512_core_vnni) || has(dnnl::cpu_isa::avx2_vnni); }
bool has_avx512() { return has(dnnl::cpu_isa::avx512_core); }
bool has_signed_int8() { return has(dnnl::cpu_isa::avx512_core_amx); }
#endif

}  // namespace pretag
