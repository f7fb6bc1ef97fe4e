"""Saved states, written by rename so that an interrupted training never leaves half of one."""

import os

import torch


def save(path, state):
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    os.replace(temporary, path)


def load(path, device):
    return torch.load(path, map_location=device) if path.exists() else None
