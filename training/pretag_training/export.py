"""Weights as `.safetensors`, with what Pretag needs to know about them (docs/formats/weights.md)."""

import json
import os
import struct

import numpy as np
import torch

from . import classes


def metadata(options, **more):
    """All values are texts. `more`: score_threshold, training_data, license, note …"""
    return {"architecture": "fasterrcnn_resnet50_fpn", "classes": json.dumps(["__background__", *classes.NAMES]),
            "min_size": str(options.min_size), "max_size": str(options.max_size), "anchor_sizes": json.dumps(options.anchor_sizes),
            "aspect_ratios": json.dumps(options.aspect_ratios), "batch_norm_eps": "1e-05"} | {k: str(v) for k, v in more.items()}


def read(path):
    """The state dict in a file of ours, float32, whatever its matrices are stored as."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        flat = torch.frombuffer(bytearray(data[begin:end]), dtype=_TYPES[entry["dtype"]])
        tensors[name] = flat.reshape(entry["shape"]).float()
    scales = {name: tensors.pop(name) for name in list(tensors) if name.endswith(".scale")}
    for name, scale in scales.items():
        matrix = tensors[name.removesuffix(".scale")]
        matrix *= scale.reshape(-1, *[1] * (matrix.dim() - 1))
    return tensors


_TYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I8": torch.int8, "I64": torch.int64}


def write(path, state, texts):
    """A state dict in float32; `pretag model convert` makes it small."""
    header, offset, arrays = {"__metadata__": texts}, 0, []
    for name, value in state.items():
        if name.endswith("num_batches_tracked"):
            continue
        array = np.ascontiguousarray(value.detach().float().cpu().contiguous().numpy())
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
        arrays.append(array)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    temporary = path.with_suffix(".tmp")
    with open(temporary, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in arrays:
            file.write(array.tobytes())
    os.replace(temporary, path)
