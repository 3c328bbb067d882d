"""Logs: one event per decision, with fields, to standard error."""

from __future__ import annotations

import sys

import structlog


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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
