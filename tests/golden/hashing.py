"""Counter-based random numbers, the same in tests/support/counter_hash.h bit for bit."""

import numpy as np

MASK = (1 << 64) - 1
GOLDEN_GAMMA = 0x9E3779B97F4A7C15


def fnv1a(text):
    """64-bit FNV-1a of the UTF-8 bytes of `text`: the key of a stream."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK
    return value


def _mix(z):
    # The finaliser of splitmix64 (Steele, Lea, Flood 2014). uint64 arrays wrap, as in C++.
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def hashes(key, count, first=0):
    """Values first … first+count-1 of the stream `key` as uint64: splitmix64's outputs from state `key`."""
    counter = np.arange(first + 1, first + count + 1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        return _mix(np.uint64(key) + counter * np.uint64(GOLDEN_GAMMA))
