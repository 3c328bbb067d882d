"""How large a model is, by the headers of its files, or the catalogue's counts while it is not here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from math import prod
from pathlib import Path
from typing import Any

from limner.models.entry import Entry
from limner.models.headers import HeaderBroken, read_header
from limner.models.sizes import Block, Sizes, Stage, Widths

# The modules that repeat, or are large and work alone, in the names of files, old and new.
_LISTS = {
    "transformer_blocks.": Stage.DENOISING,
    "controlnet_blocks.": Stage.DENOISING,
    "model.layers.": Stage.READING,
    "model.language_model.layers.": Stage.READING,
    "visual.blocks.": Stage.SEEING,
    "model.visual.blocks.": Stage.SEEING,
}
_WHOLES = {"encoder.": Stage.ENCODING, "decoder.": Stage.DECODING}
_TABLES = ("model.embed_tokens.", "model.language_model.embed_tokens.")
_UNUSED = "lm_head."  # no pipeline turns hidden states into words
_VAE = "vae"  # never rounded


@dataclass(slots=True)
class _Tally:
    """What is counted of one block."""

    matrix_weights: int = 0
    matrix_rows: int = 0
    other_weights: int = 0
    largest_matrix: int = 0

    def add(self, shape: Sequence[int], *, is_matrix: bool) -> None:
        if not is_matrix:
            self.other_weights += prod(shape)
            return
        self.matrix_weights += prod(shape)
        self.matrix_rows += shape[0]
        self.largest_matrix = max(self.largest_matrix, prod(shape))


@cache
def read_sizes(name: str, revision: str, folder: Path, parts: tuple[str, ...]) -> Sizes:
    """Weighs those parts of a checkpoint folder by the headers of its files; reads no tensor.

    A file that cannot be read weighs nothing: whoever loads it says what is wrong with it.
    """
    blocks: dict[tuple[str, str], _Tally] = {}
    stages: dict[tuple[str, str], Stage] = {}
    base_weights = table_weights = file_bytes = largest = 0
    for file in sorted(chain.from_iterable((folder / part).rglob("*.safetensors") for part in parts)):
        file_bytes += file.stat().st_size
        part = str(file.parent.relative_to(folder))
        for tensor, shape in _shapes(file).items():
            if tensor.startswith(_UNUSED):
                continue
            largest = max(largest, prod(shape))
            place = _place(tensor, is_vae=part == _VAE)
            if place is not None:
                key = (part, place[0])
                stages[key] = place[1]
                is_matrix = len(shape) == 2 and tensor.endswith(".weight") and part != _VAE
                blocks.setdefault(key, _Tally()).add(shape, is_matrix=is_matrix)
            elif tensor.startswith(_TABLES):
                table_weights += prod(shape)
            else:
                base_weights += prod(shape)
    return Sizes(
        model=name,
        revision=revision,
        blocks=tuple(_gather(blocks, stages)),
        base_weights=base_weights,
        table_weights=table_weights,
        file_bytes=file_bytes,
        largest_tensor=largest,
        widths=_read_widths(folder),
        from_files=True,
    )


def _place(tensor: str, *, is_vae: bool) -> tuple[str, Stage] | None:
    """Returns the block to which a tensor belongs, and its stage; None for one that always stays."""
    if is_vae:
        return next(((begin, stage) for begin, stage in _WHOLES.items() if tensor.startswith(begin)), None)
    for begin, stage in _LISTS.items():
        if tensor.startswith(begin):
            return begin + tensor.removeprefix(begin).partition(".")[0], stage
    return None


def _gather(
    tallies: Mapping[tuple[str, str], _Tally], stages: Mapping[tuple[str, str], Stage]
) -> Iterator[Block]:
    """Yields the blocks, those that are alike as one."""
    alike: dict[Block, int] = {}
    for key, tally in tallies.items():
        block = Block(
            stage=stages[key],
            count=1,
            matrix_weights=tally.matrix_weights,
            matrix_rows=tally.matrix_rows,
            other_weights=tally.other_weights,
            largest_matrix=tally.largest_matrix,
            never_rounded=key[0] == _VAE,
        )
        alike[block] = alike.get(block, 0) + 1
    for block, count in alike.items():
        yield Block(
            block.stage, count, block.matrix_weights, block.matrix_rows, block.other_weights,
            block.largest_matrix, block.never_rounded,
        )  # fmt: skip


def _shapes(file: Path) -> dict[str, tuple[int, ...]]:
    try:
        return {name: tensor.shape for name, tensor in read_header(file).tensors.items()}
    except (HeaderBroken, OSError):
        return {}


def _read_widths(folder: Path) -> Widths:
    usual = Widths()
    transformer, text, vae = (_read_config(folder / part) for part in ("transformer", "text_encoder", _VAE))
    try:
        return Widths(
            transformer=int(transformer.get("num_attention_heads", 0))
            * int(transformer.get("attention_head_dim", 0))
            or usual.transformer,
            text=int(text.get("text_config", text).get("hidden_size", usual.text)),
            vae_base=int(vae.get("base_dim", usual.vae_base)),
        )
    except (TypeError, ValueError, AttributeError):
        return usual


def _read_config(part: Path) -> Mapping[str, Any]:
    try:
        config = json.loads((part / "config.json").read_text())
    except (OSError, ValueError):
        return {}
    return config if isinstance(config, dict) else {}  # pyright: ignore[reportUnknownVariableType]


@dataclass(frozen=True, slots=True)
class _Family:
    """Where the weights of a family lie, as its published configuration has it."""

    blocks: int  # of the transformer; all but `stem` is in them
    stem: int
    rows: int  # of all matrices of a block together
    largest: int
    layers: int  # of the text encoder
    layer: int
    sights: int  # blocks that see pictures
    sight: int
    table: int
    widths: Widths


# Counted on torch's meta device from the classes of DiffSynth 2.1.12 (benchmarks/memory_computed.py checks).
_FAMILIES = {
    "qwen-image": _Family(
        blocks=60, stem=40_531_008, rows=92_160, largest=56_623_104,
        layers=28, layer=233_057_792, sights=32, sight=19_702_200, table=545_000_960, widths=Widths(),
    ),
    "qwen-image-2.1": _Family(
        blocks=32, stem=135_794_688, rows=45_056, largest=50_331_648,
        layers=36, layer=192_944_384, sights=27, sight=15_240_000, table=622_329_856,
        widths=Widths(transformer=4096, text=4096),
    ),
}  # fmt: skip


def sizes_of(entry: Entry) -> Sizes | None:
    """Returns what the catalogue's counts say of a model that is not here; None when they say nothing."""
    family, counts = _FAMILIES.get(entry.family), entry.weights
    if family is None or not counts.transformer:
        return None
    block = (counts.transformer - family.stem) // family.blocks
    blocks = [Block(Stage.DENOISING, family.blocks, block, family.rows, 0, family.largest)]
    base_weights, table_weights = family.stem, 0
    if counts.text_encoder:
        blocks.append(Block(Stage.READING, family.layers, family.layer, 40_960, 0, family.layer // 3))
        blocks.append(Block(Stage.SEEING, family.sights, family.sight, 12_000, 0, family.sight // 3))
        table_weights = family.table
        used = family.layers * family.layer + family.sights * family.sight + 2 * family.table
        base_weights += max(0, counts.text_encoder - used)
    half = counts.vae // 2
    for stage in (Stage.ENCODING, Stage.DECODING):
        blocks.append(Block(stage, 1, 0, 0, half, never_rounded=True))
    if counts.control:
        blocks.append(Block(Stage.DENOISING, family.blocks, counts.control // family.blocks, 6_144, 0))
    return Sizes(
        model=entry.name,
        revision=next((source.revision for source in entry.sources), ""),
        blocks=tuple(blocks),
        base_weights=base_weights,
        table_weights=table_weights,
        file_bytes=entry.total_bytes or 2 * counts.total,
        largest_tensor=family.table,
        widths=family.widths,
    )
