"""What is exported is read by a parser of its own, written from docs/formats/weights.md."""

import json
import math
import struct
import unittest

import support
import numpy as np
import torch

from pretag_training import classes, export
from pretag_training.model import ModelOptions


def read(path):
    """(metadata, {name: array}); nothing but tensors without gap or overlap."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header, data = json.loads(content[8:8 + length]), content[8 + length:]
    metadata, arrays, end = header.pop("__metadata__"), {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, after = entry["data_offsets"]
        assert entry["dtype"] == "F32" and begin == end and after - begin == 4 * math.prod(entry["shape"]), name
        arrays[name] = np.frombuffer(data[begin:after], "<f4").reshape(entry["shape"])
        end = after
    assert end == len(data) and length % 8 == 0
    return metadata, arrays


class Export(support.TemporaryFolderTest):
    def setUp(self):
        super().setUp()
        torch.manual_seed(13)
        layers = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, bias=False), torch.nn.BatchNorm2d(4), torch.nn.Linear(4, 2))
        self.state = layers.to(memory_format=torch.channels_last).state_dict()
        self.state["half"] = torch.rand(5).bfloat16()
        self.path = self.folder / "model.safetensors"

    def test_names_shapes_and_values(self):
        self.assertFalse(self.state["0.weight"].is_contiguous())  # the test is about the order in the file
        export.write(self.path, self.state, {})
        _, arrays = read(self.path)
        self.assertEqual(set(arrays), set(self.state) - {"1.num_batches_tracked"})
        for name, array in arrays.items():
            self.assertEqual(array.tolist(), self.state[name].float().tolist(), name)

    def test_metadata(self):
        texts = export.metadata(ModelOptions(min_size=288, max_size=512), score_threshold=0.45, license="MIT", note="Größe")
        export.write(self.path, self.state, texts)
        metadata, _ = read(self.path)
        self.assertTrue(all(isinstance(text, str) for text in metadata.values()))
        self.assertEqual(json.loads(metadata["classes"]), ["__background__", *classes.NAMES])
        self.assertEqual((metadata["min_size"], metadata["max_size"], metadata["score_threshold"]), ("288", "512", "0.45"))
        self.assertEqual(json.loads(metadata["anchor_sizes"]), list(ModelOptions().anchor_sizes))
        self.assertEqual(json.loads(metadata["aspect_ratios"]), list(ModelOptions().aspect_ratios))
        self.assertEqual((metadata["architecture"], metadata["license"], metadata["note"]), ("fasterrcnn_resnet50_fpn", "MIT", "Größe"))
        self.assertEqual(float(metadata["batch_norm_eps"]), torch.nn.BatchNorm2d(1).eps)

    def test_reading_gives_back_what_was_written(self):
        export.write(self.path, self.state, {"note": "x"})
        back = export.read(self.path)
        self.assertEqual(set(back), set(self.state) - {"1.num_batches_tracked"})
        for name, value in back.items():
            self.assertTrue(torch.equal(value, self.state[name].float()), name)

    def test_int8_is_read_with_a_scale_an_output_channel(self):
        entries = {"w": {"dtype": "I8", "shape": [2, 3], "data_offsets": [8, 14]}, "w.scale": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
        header = json.dumps(entries).encode()
        self.path.write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<2f6b", 0.5, 2, 1, -2, 127, 3, 0, -127))
        self.assertEqual({name: value.tolist() for name, value in export.read(self.path).items()}, {"w": [[0.5, -1, 63.5], [6, 0, -254]]})

    def test_nothing_else_is_left_in_the_folder(self):
        export.write(self.path, self.state, {})
        self.assertEqual([p.name for p in self.folder.iterdir()], ["model.safetensors"])


if __name__ == "__main__":
    unittest.main()
