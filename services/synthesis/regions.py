"""Regions of a picture with prompts of their own (EliGen's entities), as requests name them."""

from __future__ import annotations

from dataclasses import dataclass

from limner.edit.v1 import edit_pb2
from limner.failure import Violation
from services.synthesis.stencil import Stencil, to_stencil

PROMPT_MAX_CHARS = 500


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the picture with its own prompt."""

    prompt: str
    stencil: Stencil


def to_region(entity: edit_pb2.Entity, field: str) -> tuple[Region | None, list[Violation]]:
    """Returns the region that an entity asks for, if its mask can be read, and all that is wrong with it."""
    found: list[Violation] = []
    if not entity.prompt.strip():
        found.append(Violation(f"{field}.prompt", f"{field}.prompt is empty; say what the region shows."))
    elif len(entity.prompt) > PROMPT_MAX_CHARS:
        text = f"{field}.prompt has {len(entity.prompt)} characters; at most {PROMPT_MAX_CHARS}."
        found.append(Violation(f"{field}.prompt", text))
    if entity.strength not in {0, 1}:
        text = f"{field}.strength is {entity.strength:g}; the models weigh all entities alike, leave it out."
        found.append(Violation(f"{field}.strength", text))
    stencil = to_stencil(entity.mask, f"{field}.mask")
    if isinstance(stencil, Violation):
        return None, [*found, stencil]
    return Region(entity.prompt, stencil), found
