"""What the processor can do, asked before PyTorch is loaded, as PyTorch wants to be told some of it then."""

import functools


@functools.cache
def features(path="/proc/cpuinfo"):
    """The kernel's names of them; none where it is not Linux on x86."""
    try:
        with open(path) as file:
            return frozenset(next((line.split() for line in file if line.startswith("flags")), []))
    except OSError:
        return frozenset()


def has_bfloat16(features):
    """Without instructions for it, PyTorch emulates bfloat16, up to fifty times slower than float32."""
    return not features.isdisjoint({"avx512_bf16", "amx_bf16"})


def has_avx512(features):
    """All of it that PyTorch's kernels are compiled for."""
    return features >= {"avx512f", "avx512vl", "avx512bw", "avx512dq", "fma"}
