"""What stands in the way of a download, as the end of a command."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from limner.cli.failure import CommandFailed
from limner.cli.refusal import BAD_INPUT
from limner.models.failure import ModelFailure, Reason

_BAD_INPUT = {Reason.UNKNOWN, Reason.BUILT_IN, Reason.NOT_OURS, Reason.LICENCE, Reason.SETTING}
_INTERRUPTED = 130  # as shells count Ctrl-C


@contextmanager
def model_refusals() -> Generator[None]:
    """Turns ModelFailure and Ctrl-C into CommandFailed."""
    try:
        yield
    except ModelFailure as failure:
        raise CommandFailed(str(failure), BAD_INPUT if failure.reason in _BAD_INPUT else 1) from failure
    except KeyboardInterrupt:
        text = "Stopped; what was fetched is kept, and the same command goes on from there."
        raise CommandFailed(text, _INTERRUPTED) from None
