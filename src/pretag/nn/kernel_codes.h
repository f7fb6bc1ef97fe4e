// The instruction sets that our own integer convolutions are compiled for; each is a file with compiler flags of its
// own.
#pragma once

#include "pretag/nn/wide_convolution.h"
#include "pretag/nn/winograd.h"

namespace pretag {

extern const WinogradCode kWinogradAvx512Vnni, kWinogradAvx512, kWinogradAvx2Vnni, kWinogradAvx2, kWinogradNeon;
extern const WideCode kWideAvx512, kWideAvx2, kWideNeon, kWideNeonDot;

}  // namespace pretag
