"""Logs: one event per decision, with fields, to standard error."""

from __future__ import annotations

import logging
import re
import sys
from contextlib import suppress
from typing import TextIO

import structlog

from limner.redaction import redact

# What the gateway calls an attempt at a job: a uuid and a number. Direct clients name theirs as they like.
_ATTEMPT = re.compile(r"(?P<job>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(?P<attempt>[0-9]+)")


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
    """Writes lines of JSON, or coloured text when a person watches; those of libraries too."""
    # Plain tracebacks: the pretty ones print every local, and a tensor takes a minute.
    person = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    render = person if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    facts: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*facts, render],
        # structlog asks for a TextIO and uses no more of it than these two.
        logger_factory=structlog.PrintLoggerFactory(Lenient(sys.stderr)),  # pyright: ignore[reportArgumentType]
        cache_logger_on_first_use=True,
    )
    _take_over_libraries(facts, render)


def bind_job(request_id: str) -> None:
    """Puts the job that a request is about, and which attempt it is, into every later line of this task."""
    structlog.contextvars.unbind_contextvars("job", "attempt")
    if found := _ATTEMPT.fullmatch(request_id):
        structlog.contextvars.bind_contextvars(job=found["job"], attempt=int(found["attempt"]))
    else:
        structlog.contextvars.bind_contextvars(job=request_id)


def _take_over_libraries(facts: list[structlog.typing.Processor], render: structlog.typing.Processor) -> None:
    """Has what libraries say through `logging` written in the same way."""
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler = logging.StreamHandler(Lenient(sys.stderr))
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *facts], processors=[remove, render]
        )
    )
    logging.getLogger().addHandler(handler)
