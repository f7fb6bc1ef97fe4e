#!/usr/bin/env python3
"""Writes the .pth files beside it: what torch.save really does, for the tests of the reader (needs PyTorch).

current.pth and legacy.pth hold the same state dict, in PyTorch's format of today and in the one before 1.6. Values count
up in row-major order, so that a test can state them.
"""
from collections import OrderedDict
from pathlib import Path

import torch


def counting(*shape, dtype=torch.float32):
    size = torch.Size(shape).numel()
    return torch.arange(size, dtype=torch.float32).reshape(shape).to(dtype)


def state_dict():
    model = torch.nn.Sequential(torch.nn.Conv2d(2, 3, 2), torch.nn.BatchNorm2d(3))  # gives the dict its _metadata
    state = OrderedDict(model.state_dict())
    state._metadata = model.state_dict()._metadata
    state["0.weight"] = counting(3, 2, 2, 2).contiguous(memory_format=torch.channels_last)
    state["0.bias"] = counting(3)
    state["half"] = counting(2, 3, dtype=torch.float16)
    state["brain"] = counting(2, 3, dtype=torch.bfloat16)
    state["transposed"] = counting(2, 3).t()
    state["second_half"] = counting(8)[4:]  # a view: shares its storage, with an offset
    state["parameter"] = torch.nn.Parameter(counting(2))
    state["scalar"] = torch.tensor(7.0)
    return state


folder = Path(__file__).parent
torch.save(state_dict(), folder / "current.pth")
torch.save({"model": state_dict(), "epoch": 3}, folder / "legacy.pth", _use_new_zipfile_serialization=False)
