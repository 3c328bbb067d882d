"""How many units stay on a device; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar


class Sized(Protocol):
    """What takes memory in one stage of a job."""

    @property
    def stage(self) -> str:
        """What it computes in."""
        ...

    @property
    def size_bytes(self) -> int:
        """What it takes."""
        ...


Block = TypeVar("Block", bound=Sized)

# One computes while the next one comes.
_ON_THEIR_WAY = 2


def floor_bytes(units: Iterable[Sized]) -> int:
    """Returns the least that will do for the units of every stage: the two largest that follow each other."""
    sizes: dict[str, list[int]] = {}
    for unit in units:
        sizes.setdefault(unit.stage, []).append(unit.size_bytes)
    return max((sum(sorted(each)[-_ON_THEIR_WAY:]) for each in sizes.values()), default=0)


def choose(stage: Sequence[Block], allowed_bytes: int) -> frozenset[Block]:
    """Returns which units of a stage, that compute one after the other, stay in `allowed_bytes`.

    All, if they fit; otherwise room is left for those that come and go, and they are spread evenly, so that
    each has the time of its resident neighbours to come.
    """
    total_bytes = sum(unit.size_bytes for unit in stage)
    if total_bytes <= allowed_bytes:
        return frozenset(stage)
    room_bytes = max(0, allowed_bytes - floor_bytes(stage))
    staying: set[Block] = set()
    passed_bytes = staying_bytes = 0
    for unit in stage:
        passed_bytes += unit.size_bytes
        if (staying_bytes + unit.size_bytes) * total_bytes <= passed_bytes * room_bytes:
            staying.add(unit)
            staying_bytes += unit.size_bytes
    return frozenset(staying)
