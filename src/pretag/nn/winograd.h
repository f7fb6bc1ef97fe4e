// 3x3 convolutions of bytes in a quarter of the multiplications: Winograd's minimal filtering F(4x4, 3x3) (Lavin and
// Gray, "Fast Algorithms for Convolutional Neural Networks", 2015, section 4), in 16-bit integers.
//
// Of every 6x6 bytes of the input, 36 transformed values are computed exactly, which 16 bits hold; their products with
// the transformed weights are summed exactly, in 32 bits; float32 transforms the sums to 4x4 outputs. Rounded are only
// the transformed weights, to as many steps as the sums have room for: several times more than int8 has, so the result
// is closer to the float weights' than the direct integer convolution's. No thread or batch changes a bit of it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pretag/nn/aligned_array.h"
#include "pretag/nn/convolution.h"

namespace pretag {

// A layer's weights as one instruction set wants them. Immutable.
struct WinogradWeights {
  // With B output channels a block and p one of 36 places: (block, p, input channel / 2, B, 2).
  AlignedArray<int16_t> values;
  AlignedArray<float> scales;  // (block, p, B): a sum of products times this is in steps of the output
  AlignedArray<float> bias;    // (output channel), in steps of the output
};

struct WinogradCall {
  const uint8_t* in;  // nhwc; padded with zeros around
  int in_channels, out_channels, height, width;
  bool signed_in, relu;
  ElementType out_type;  // kUInt8, kInt8 or kFloat32
  const WinogradWeights& weights;
  void* out;           // nhwc, as large as `in`
  std::byte* scratch;  // 64-byte aligned, WinogradCode::scratch_bytes of the input channels
};

// The tiles of an image are computed in multiples of this many.
inline constexpr int kWinogradTiles = 12;

// What one instruction set computes with.
struct WinogradCode {
  const char* name;
  int out_block;  // output channels are computed so many at once
  size_t (*scratch_bytes)(int in_channels);
  void (*convolve)(const WinogradCall& call);  // on the calling thread
};

// The processor's, as far as oneDNN may use its instructions (ONEDNN_MAX_CPU_ISA); null where there is none, or where
// direct convolutions are as fast (AMX, and ARM's dot products).
const WinogradCode* winograd_code();

// Whether `code` can compute a convolution of this kind and size, faster than a direct one is computed.
bool suits_winograd(const WinogradCode& code, const ConvolutionSpec& spec, int height, int width);

WinogradWeights winograd_weights(const WinogradCode& code, const ConvolutionSpec& spec,
                                 const ConvolutionWeights& weights);

}  // namespace pretag
