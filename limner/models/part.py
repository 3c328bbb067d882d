"""Reads one part of a checkpoint, whether it lies in one file or in many: headers only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

from limner.models.headers import Header, HeaderBroken, Tensor, read_header
from limner.models.recognition import PICKLED, SAFETENSORS, broken, judge, refuse_by_name
from limner.models.verdict import Verdict

_INDEX = ".safetensors.index.json"
_UNFINISHED = (".partial", ".incomplete", ".part", ".crdownload", ".aria2")
_MAX_JSON_BYTES = 50_000_000
_AGAIN = "Fetch it again, or copy it again from where it came from."


class PartBroken(Exception):
    """Why a part cannot be used."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


def read_part(root: Path, folder: Path) -> tuple[Header, int]:
    """Returns all tensors of the part in `folder`, and the bytes of its files; names count from `root`.

    Raises PartBroken, or OSError.
    """
    name = folder.relative_to(root).as_posix()
    files = sorted(folder.glob(f"*{SAFETENSORS}"))
    promised = _read_index(root, folder)
    missing = sorted(set(promised.values()) - {file.name for file in files})
    if missing:
        raise PartBroken(
            Verdict(
                name,
                False,
                f"{name}/{missing[0]} is not there"
                + (f", and {len(missing) - 1} more files are missing" if len(missing) > 1 else "")
                + f", though {name} names it in its index.",
                "Fetch or copy what is missing.",
            )
        )
    if not files:
        raise PartBroken(_empty(name, folder))
    headers = {file.name: _read_file(root, file) for file in files}
    for tensor, file in promised.items():
        if tensor not in headers[file].tensors:
            text = f"{name}/{file} does not have the tensor {tensor[:100]!r} that the index promises."
            raise PartBroken(Verdict(name, False, text, _AGAIN))
    tensors: dict[str, Tensor] = {}
    for header in headers.values():
        tensors |= header.tensors
    return Header(tensors, {}), sum(file.stat().st_size for file in files)


def judge_part(root: Path, folder: Path) -> Verdict:
    """Returns the verdict on a part taken for itself. Raises OSError."""
    try:
        header, size_bytes = read_part(root, folder)
    except PartBroken as error:
        return error.verdict
    return replace(judge(folder.relative_to(root).as_posix(), header), size_bytes=size_bytes)


def read_json(path: Path) -> Mapping[str, object]:
    """Returns the object in a JSON file. Raises ValueError for anything else, or OSError."""
    if path.stat().st_size > _MAX_JSON_BYTES:
        raise ValueError(f"it has {path.stat().st_size} bytes")
    try:
        found = json.loads(path.read_bytes())
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(found, dict):
        raise ValueError("it is no object")
    return cast("dict[str, object]", found)


def _read_file(root: Path, file: Path) -> Header:
    name = file.relative_to(root).as_posix()
    try:
        return read_header(file)
    except HeaderBroken as error:
        raise PartBroken(broken(name, error)) from error


def _read_index(root: Path, folder: Path) -> Mapping[str, str]:
    """Returns in which file each tensor shall be; empty without an index."""
    index = next(iter(sorted(folder.glob(f"*{_INDEX}"))), None)
    if index is None:
        return {}
    name = index.relative_to(root).as_posix()
    try:
        places = read_json(index).get("weight_map")
    except ValueError as error:
        raise PartBroken(Verdict(name, False, f"{name} is no index: {error}.", _AGAIN)) from error
    if not isinstance(places, dict):
        raise PartBroken(Verdict(name, False, f"{name} is no index: it has no `weight_map`.", _AGAIN))
    found = cast("dict[str, object]", places)
    plain = {tensor: file for tensor, file in found.items() if isinstance(file, str) and "/" not in file}
    if len(plain) < len(found):
        text = f"{name} is no index: it names files outside its folder."
        raise PartBroken(Verdict(name, False, text, _AGAIN))
    return plain


def _empty(name: str, folder: Path) -> Verdict:
    others = sorted(folder.iterdir()) if folder.is_dir() else []
    if unfinished := [file for file in others if file.name.endswith(_UNFINISHED)]:
        return Verdict(name, False, f"{name}/{unfinished[0].name} is half a download.", "Let it finish.")
    for file in others:
        if file.suffix.lower() in PICKLED and (refused := refuse_by_name(file)) is not None:
            return replace(refused, name=name, reason=f"{name}/{refused.reason}")
    return Verdict(name, False, f"{name} holds no safetensors file.", _AGAIN)
