"""The safetensors format (https://github.com/huggingface/safetensors#format), as much of it as the oracle needs."""

import json
import struct

import numpy as np

_TO_NUMPY = {"F32": np.float32, "I8": np.int8, "I64": np.int64}
_FROM_NUMPY = {np.dtype(numpy_type): name for name, numpy_type in _TO_NUMPY.items()}


def save(path, tensors, metadata):
    """Writes {name: array} and {key: string}; arrays are float32, int8 or int64."""
    header, offset = {"__metadata__": metadata}, 0
    arrays = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    for name, array in arrays.items():
        header[name] = {"dtype": _FROM_NUMPY[array.dtype], "shape": list(array.shape),
                        "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # data starts at a multiple of 8
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays.values():
            file.write(array.tobytes())


def load(path):
    """({name: array}, {key: string})"""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        flat = np.frombuffer(data[begin:end], dtype=_TO_NUMPY[entry["dtype"]])
        tensors[name] = flat.reshape(entry["shape"])
    return tensors, metadata
