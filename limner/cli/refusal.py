"""What the studio refuses, as the end of a command."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from limner.cli.failure import CommandFailed
from limner.client import RequestRejected, StudioUnreachable

BAD_INPUT = 2
NO_STUDIO = 3


@contextmanager
def refusals() -> Generator[None]:
    """Turns what a client raises into CommandFailed with an exit code of its own."""
    try:
        yield
    except RequestRejected as error:
        raise CommandFailed(str(error), BAD_INPUT) from error
    except StudioUnreachable as error:
        raise CommandFailed(str(error), NO_STUDIO) from error
