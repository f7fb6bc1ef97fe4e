// How activations lie in memory, chosen once for the processor and the precision.
#pragma once

#include "pretag/nn/weight_file.h"

namespace pretag {

// Channels come in blocks: element (c, y, x) lies at ((c / block * height + y) * width + x) * block + c % block.
// oneDNN calls block 8 nChw8c and 16 nChw16c; a block of all channels (0 here) is nhwc.
struct ComputeFormat {
  ElementType type = ElementType::kFloat32;  // kFloat32, kBFloat16, kUInt8 or kInt8
  int block = 0;
  float scale = 1;  // a stored integer times this is the value; 1 for the others

  // The block for a tensor of so many channels.
  int block_of(int channels) const { return block > 0 ? block : channels; }
  bool is_quantized() const { return type == ElementType::kUInt8 || type == ElementType::kInt8; }
  bool operator==(const ComputeFormat&) const = default;
};

// f32: the widest vector's block, because oneDNN's Winograd convolutions want it; on ARM, where it has none, nhwc,
// which its multiplication of matrices wants. bf16: nhwc, which AMX wants.
ComputeFormat float32_format();
ComputeFormat bfloat16_format();
// nhwc integers of which the largest stands for `limit` > 0: 255 steps from 0, or 127 to either side.
ComputeFormat unsigned_format(float limit);
ComputeFormat signed_format(float limit);

// Whether oneDNN can compute in bf16 here at all, and whether the processor has instructions for it (else it is
// emulated, several times slower than float32). Both respect oneDNN's ONEDNN_MAX_CPU_ISA, as the next ones do.
bool supports_bfloat16();
bool has_native_bfloat16();
// Whether there are fast integer convolutions here, oneDNN's or ours, and whether the processor multiplies and adds
// bytes in one instruction (VNNI, AMX, ARM's dot products).
bool supports_int8();
bool has_native_int8();
// Whether it multiplies signed bytes by signed bytes (AMX); else one of them has to be unsigned.
bool has_signed_int8();
// Whether it has the registers of AVX-512.
bool has_avx512();

}  // namespace pretag
