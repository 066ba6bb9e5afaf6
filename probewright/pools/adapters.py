"""Adapters that training left in the data folder: small sets of weights to put on a model."""

import re
from pathlib import Path

from probewright import home
from probewright.errors import ModelMissing

KEY = re.compile(r"[0-9a-f]{16}")
CONFIG = "adapter_config.json"  # peft's file; written last of all, so a folder that holds it is whole


def folder(key: str) -> Path:
    """Where the adapter of ``key`` (16 hex digits, from all that it was trained on) lies, or will lie."""
    if not KEY.fullmatch(key):
        raise ModelMissing(f"adapter {key!r}: a key is 16 hex digits")
    return home.folder("adapters") / key


def find(key: str) -> Path:
    """The folder of a trained adapter, in peft's layout.

    Raises:
        ModelMissing: it is not on this machine.
    """
    path = folder(key)
    if not (path / CONFIG).is_file():
        raise ModelMissing(f"adapter {key} is not on this machine: {path} holds none; train it again")
    return path
