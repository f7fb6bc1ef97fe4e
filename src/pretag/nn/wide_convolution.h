// Direct convolutions of bytes for processors that oneDNN has no fast ones for.
//
// x86-64 without VNNI, and 64-bit ARM without dot products: weights have 16 bits. Those processors multiply pairs of
// bytes into 16 bits, which hold the sum of two products only if weights have no more than 64 steps (oneDNN computes
// so). Pairs of 16 bits are multiplied into 32 in the same time: bytes are widened first, a few rows at once, and
// weights have as many steps as the sums have room for.
//
// 64-bit ARM with dot products multiplies signed bytes: unsigned inputs are shifted, and weights have 8 bits.
//
// Sums are exact, so no thread or batch changes a bit of the result.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pretag/nn/aligned_array.h"
#include "pretag/nn/convolution.h"

namespace pretag {

// What makes unsigned bytes signed when it is subtracted.
inline constexpr int kByteShift = 128;

// A layer's weights as one instruction set wants them. Immutable. Rows of inputs and weights are (y, x, channel), with
// zeros up to the next multiple of kShortWeightsAtOnce; output channels fill whole blocks.
struct WideWeights {
  // With B output channels a block: int16_t, (block, row / 2, B, 2); or int8_t, (block, row / 4, B, 4).
  AlignedArray<std::byte> values;
  AlignedArray<int32_t> start;  // (output channel): what a sum of products begins with, for shifted inputs
  AlignedArray<float> scales;   // (output channel): a sum of products times this is in steps of the output
  AlignedArray<float> bias;     // (output channel), in steps of the output
};

struct WideCall {
  const uint8_t* in;  // nhwc; padded with zeros around
  int in_channels, height, width;
  int kernel, stride, padding;
  int row;  // wide_row
  int out_channels, out_height, out_width;
  bool signed_in, relu;
  ElementType out_type;     // kUInt8, kInt8 or kFloat32
  ElementType addend_type;  // of what `out` holds before; as many bytes as out_type
  float addend_scale;       // of it, in steps of the output; 0: it is overwritten
  const WideWeights& weights;
  void* out;           // nhwc
  std::byte* scratch;  // 64-byte aligned, WideCode::scratch_bytes of the row and the output channels
};

// What one instruction set computes with.
struct WideCode {
  const char* name;
  int out_block;  // output channels are computed so many at once
  bool in_bytes;  // weights have 8 bits, not 16
  size_t (*scratch_bytes)(int row, int out_channels);
  void (*convolve)(const WideCall& call);  // on the calling thread
};

// The processor's, as far as oneDNN may use its instructions (ONEDNN_MAX_CPU_ISA); null where there is none, or where
// oneDNN's, with VNNI or AMX, are faster.
const WideCode* wide_code();

// Whether there is code for a convolution of this kind.
bool suits_wide(const ConvolutionSpec& spec);

// The length of a row, zeros included.
int wide_row(const ConvolutionSpec& spec);
WideWeights wide_weights(const WideCode& code, const ConvolutionSpec& spec, const ConvolutionWeights& weights);

}  // namespace pretag
