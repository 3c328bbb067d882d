"""How many replicas of each service are wanted: a file that `limner scale` writes for the conductor."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from limner.cluster.placement import SERVICES

WANTED = "wanted.json"  # in the home of the studio
MOST_REPLICAS = 1_000


@dataclass(frozen=True, slots=True)
class Span:
    """How many replicas there shall be: a fixed number, or what the load demands between two."""

    least: int
    most: int

    def clamp(self, count: int) -> int:
        """Returns the number within the span that is nearest to `count`."""
        return min(max(count, self.least), self.most)

    def __str__(self) -> str:
        return str(self.least) if self.least == self.most else f"{self.least}..{self.most}"


_FILE: TypeAdapter[dict[str, str]] = TypeAdapter(dict[str, str])


def read_wanted(path: Path) -> dict[str, Span]:
    """Returns the span of each service; one that is not named has none. Raises ValueError or OSError."""
    try:
        given = _FILE.validate_json(path.read_bytes())
    except ValidationError as error:
        raise ValueError(
            f'{path.name} is no JSON object of counts in words, like {{"t2i": "1..4"}}'
        ) from error
    return {**dict.fromkeys(SERVICES, Span(0, 0)), **to_spans(given)}


def to_spans(given: Mapping[str, str]) -> dict[str, Span]:
    """Returns what words like `2` and `1..4` mean. Raises ValueError: the service, the value and the fix."""
    spans: dict[str, Span] = {}
    for service, words in given.items():
        if service not in SERVICES:
            raise ValueError(f"{service!r} is no service; use {', '.join(SERVICES)}")
        first, dots, last = words.partition("..")
        if not first.isdecimal() or (dots and not last.isdecimal()):
            raise ValueError(f"{service} is {words!r}; write a number like 4, or two like 1..4")
        span = Span(int(first), int(last or first))
        if not span.least <= span.most <= MOST_REPLICAS:
            raise ValueError(
                f"{service} is {words!r}; use numbers from 0 to {MOST_REPLICAS}, the least first"
            )
        spans[service] = span
    return spans


def write_wanted(path: Path, spans: Mapping[str, Span]) -> None:
    """Replaces the file as a whole."""
    replace_file(path, json.dumps({service: str(span) for service, span in spans.items()}))


def replace_file(path: Path, text: str) -> None:
    """Puts `text` in the place of a file, so that a reader sees the old one or the new one."""
    draft = path.with_name(f".{path.name}.part")
    draft.write_text(text)
    draft.replace(path)
