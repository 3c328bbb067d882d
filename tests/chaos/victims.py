"""Ends processes of a studio as the kernel's out-of-memory killer would, alone or several at once."""

from __future__ import annotations

from contextlib import suppress
from random import Random

import psutil

from tests.studio import STOP_S, Studio, until

FAULTS = ("worker", "front", "arbiter", "gateway", "several")
_FRONTS = frozenset({"limner-t2i", "limner-edit", "limner-tiling"})


def strike(studio: Studio, fault: str, chance: Random) -> list[str]:
    """Kills whom `fault` names, at one instant, and returns their titles."""
    doomed = until(lambda: _choose(studio, fault, chance), f"a {fault} to live", STOP_S)
    for process, _ in doomed:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
    for process, _ in doomed:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs([process for process, _ in doomed], timeout=STOP_S)
    return [title for _, title in doomed]


def _choose(studio: Studio, fault: str, chance: Random) -> list[tuple[psutil.Process, str]] | None:
    """Returns at random one of those that the fault may hit, or some of all; None when nobody is there."""
    living = [(process, title) for process in studio.members() if _is_mortal(title := _title(process))]
    if fault == "several":
        return chance.sample(living, chance.randint(2, 4)) if len(living) >= 4 else None
    fitting = [(process, title) for process, title in living if _fault_of(title) == fault]
    return [chance.choice(fitting)] if fitting else None


def _is_mortal(title: str) -> bool:
    return _fault_of(title) in FAULTS


def _fault_of(title: str) -> str:
    if title.endswith("-worker"):
        return "worker"
    return "front" if title in _FRONTS else title.removeprefix("limner-")


def _title(process: psutil.Process) -> str:
    try:
        words = process.cmdline()
    except psutil.Error:
        return ""
    return words[0].strip() if words else ""
