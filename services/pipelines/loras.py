"""Which LoRAs a request asks for, and whether they are there and fit. Reads headers only."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from limner.failure import Violation
from limner.models.adapters import Lora, list_loras, read_transformer
from services.pipelines.catalogue import Model

MAX_LORAS = 8
_WEIGHT_LIMIT = 4.0


class Asked(Protocol):
    """One entry of a request's `loras`."""

    @property
    def name(self) -> str:
        """The file's name without its ending, or that of its folder."""
        ...

    @property
    def weight(self) -> float:
        """How strongly it acts."""
        ...


@dataclass(frozen=True, slots=True)
class Choice:
    """A LoRA that a job wants."""

    name: str
    path: Path
    weight: float


def choose_loras(asked: Sequence[Asked], model: Model) -> tuple[tuple[Choice, ...], list[Violation]]:
    """Returns the LoRAs that are asked for, or what is wrong with them."""
    if not asked:
        return (), []
    if len(asked) > MAX_LORAS:
        text = f"loras has {len(asked)} entries; at most {MAX_LORAS} are allowed."
        return (), [Violation("loras", text)]
    known = {
        lora.name: lora for lora in list_loras(model.loras_dir, {model.name: read_transformer(model.path)})
    }
    faults = [fault for index, each in enumerate(asked) for fault in _find_faults(index, each, known, model)]
    if faults:
        return (), faults
    return tuple(Choice(each.name, known[each.name].path, each.weight) for each in asked), []


def _find_faults(index: int, asked: Asked, known: dict[str, Lora], model: Model) -> Iterable[Violation]:
    field = f"loras[{index}]"
    if not (math.isfinite(asked.weight) and abs(asked.weight) <= _WEIGHT_LIMIT):
        text = f"{field}.weight is {asked.weight}; use {-_WEIGHT_LIMIT:g} to {_WEIGHT_LIMIT:g}."
        yield Violation(f"{field}.weight", text)
    lora = known.get(asked.name)
    if lora is None:
        usable = ", ".join(name for name, each in known.items() if not each.misfits.get(model.name, "no"))
        there = f"those for {model.name} are {usable}" if usable else f"there is none for {model.name}"
        yield Violation(f"{field}.name", f"{field}.name is {asked.name[:100]!r}; {there}.")
    elif why := lora.misfits.get(model.name, ""):
        yield Violation(f"{field}.name", f"{field}.name: {lora.name} does not fit {model.name}: {why}.")
    elif not lora.verdict.is_usable:
        yield Violation(f"{field}.name", f"{field}.name: {lora.verdict.reason} {lora.verdict.next_step}")
