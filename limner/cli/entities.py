"""Regions as they are typed: "a red circle@0,0,64,128"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from limner.cli.failure import CommandFailed
from limner.cli.refusal import BAD_INPUT
from limner.requests import Box, Entity

_FORM = re.compile(r"(?P<prompt>.+)@(?P<box>\d+,\d+,\d+,\d+)", re.DOTALL)


def read_entities(texts: Sequence[str] | None) -> list[Entity] | None:
    """Returns the regions, None where there is none; raises CommandFailed for one of another form."""
    return [_read(text) for text in texts] if texts else None


def _read(text: str) -> Entity:
    found = _FORM.fullmatch(text)
    if found is None:
        raise CommandFailed(
            f"--entity is {text!r}; write it as PROMPT@LEFT,TOP,RIGHT,BOTTOM in pixels.", BAD_INPUT
        )
    left, top, right, bottom = map(int, found["box"].split(","))
    return Entity(prompt=found["prompt"], box=Box(left=left, top=top, right=right, bottom=bottom))
