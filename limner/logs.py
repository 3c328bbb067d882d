"""Logs: one event per decision, with fields, to standard error."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TextIO

import structlog


class Lenient:
    """A stream that loses what cannot be written: a full disk must not end whoever tells about it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Writes `text` if that is possible."""
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        """Flushes if that is possible."""
        with suppress(OSError):
            self._stream.flush()


def set_up_logs() -> None:
    """Writes lines of JSON, or coloured text when a person watches."""
    # Plain tracebacks: the pretty ones print every local, and a tensor takes a minute.
    person = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    render = person if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            render,
        ],
        # structlog asks for a TextIO and uses no more of it than these two.
        logger_factory=structlog.PrintLoggerFactory(Lenient(sys.stderr)),  # pyright: ignore[reportArgumentType]
        cache_logger_on_first_use=True,
    )
