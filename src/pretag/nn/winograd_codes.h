// The instruction sets that Winograd's convolutions are compiled for; each is a file with compiler flags of its own.
#pragma once

#include "pretag/nn/winograd.h"

namespace pretag {

extern const WinogradCode kWinogradAvx512Vnni, kWinogradAvx512, kWinogradAvx2Vnni, kWinogradAvx2;

}  // namespace pretag
