"""The weight files of one part of a model, mapped: nothing is read before it is used."""

# pyright: standard
# Torch code.
from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from services.pipelines.weights import pages
from services.rpc.errors import ModelUnreadable

State = dict[str, torch.Tensor]

_TAIL_BYTES = 64 * 1024
_AGAIN = "download the model again"


def find_weights(part: Path) -> list[Path]:
    """Returns the weight files of a part, in the order of their shards; raises ModelUnreadable."""
    for index in sorted(part.glob("*.safetensors.index.json")):
        try:
            names = sorted(set(json.loads(index.read_text())["weight_map"].values()))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise unreadable(index, f"is no index of weights: {error}") from error
        if missing := [name for name in names if not (part / Path(name).name).is_file()]:
            raise unreadable(part / missing[0], "is missing")
        return [part / Path(name).name for name in names]
    if files := sorted(part.glob("*.safetensors")):
        return files
    pickled = next(iter(sorted([*part.glob("*.bin"), *part.glob("*.pt"), *part.glob("*.ckpt")])), None)
    if pickled is not None:
        raise unreadable(pickled, "is pickled, which may run code", "convert it to safetensors")
    raise unreadable(part, "has no safetensors")


def map_files(files: Iterable[Path]) -> State:
    """Returns the tensors of those files by name, each in its pages of the file; raises ModelUnreadable."""
    state: State = {}
    for path in files:
        try:
            with safe_open(path, framework="pt", device="cpu") as file:
                found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (OSError, SafetensorError, ValueError) as error:
            raise unreadable(path, f"cannot be read: {explain(error)}") from error
        # Naming a tensor brings its first pages; of thousands that is a third of their weight.
        pages.release(pages.ranges_of(found.values(), pages.find_mapped_files()))
        state |= found
    return state


def digest(files: Iterable[Path]) -> str:
    """Names weights by the headers, sizes and last bytes of their files.

    Of 40 GB it would take longer than loading; training changes every tensor, so the tails tell.
    """
    found = hashlib.sha256()
    for path in files:
        try:
            size_bytes = path.stat().st_size
            with path.open("rb") as stream:
                header_bytes = min(int.from_bytes(stream.read(8), "little"), size_bytes)
                found.update(f"{path.name}:{size_bytes};".encode() + stream.read(header_bytes))
                stream.seek(max(0, size_bytes - _TAIL_BYTES))
                found.update(stream.read())
        except OSError as error:
            raise unreadable(path, f"cannot be read: {explain(error)}") from error
    return found.hexdigest()[:24]


def explain(error: Exception) -> str:
    """Returns what an error says, without the paths of this machine."""
    return str(getattr(error, "strerror", None) or error)


def unreadable(path: Path, what: str, remedy: str = _AGAIN) -> ModelUnreadable:
    """Says what is wrong with a file or folder of a model, and what to do."""
    name = "/".join(path.parts[-3:] if path.suffix else path.parts[-2:])
    return ModelUnreadable(f"{name} {what}; {remedy}.", path=name)
