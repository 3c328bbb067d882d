"""Downloads one model in a process of its own, which may be killed at any time.

`python -m limner.models.errand`: standard input is an errand as JSON, standard output a line of JSON for each
report. Which hub is asked is in the environment, with the token.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from limner.models.catalogue import read_catalogue
from limner.models.download import pull_into
from limner.models.entry import Entry
from limner.models.failure import ModelFailure, Reason
from limner.models.hub_settings import read_hub_settings
from limner.models.library import Library
from limner.models.persistence import Patience
from limner.models.progress import Progress

# Often enough to look alive, seldom enough that nobody is kept busy by reading.
_REPORT_S = 0.25


@dataclass(frozen=True, slots=True)
class Errand:
    """What to download, and to where."""

    entry: Entry
    models: Path  # the folder of models
    is_accepted: bool = False
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True, slots=True)
class Report:
    """How it goes; the last one of an errand has `is_done` or a `reason`."""

    progress: Progress | None = None
    is_done: bool = False
    notes: tuple[str, ...] = ()
    reason: Reason | None = None
    detail: str = ""


ERRANDS = TypeAdapter(Errand)
REPORTS = TypeAdapter(Report)


def main() -> int:
    """Does the errand on standard input; returns the exit status."""
    # A shell's background jobs inherit that it is ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    errand = ERRANDS.validate_json(sys.stdin.buffer.read())
    said_at = float("-inf")

    def tell(progress: Progress) -> None:
        nonlocal said_at
        if time.monotonic() - said_at >= _REPORT_S:
            said_at = time.monotonic()
            _say(Report(progress))

    try:
        outcome = pull_into(
            Library(errand.models, read_catalogue()),
            errand.entry,
            read_hub_settings(os.environ),
            tell,
            errand.patience,
            is_accepted=errand.is_accepted,
        )
    except ModelFailure as failure:
        _say(Report(reason=failure.reason, detail=str(failure)))
        return 1
    _say(Report(is_done=True, notes=outcome.notes))
    return 0


def _say(report: Report) -> None:
    sys.stdout.buffer.write(REPORTS.dump_json(report) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
