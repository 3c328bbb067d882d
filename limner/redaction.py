"""What must not get into a log, whoever says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from structlog.typing import EventDict

HIDDEN = "[redacted]"

_SECRET_KEY = re.compile(
    r"token(?!iz)|secret|passw|authorization|cookie|credential|api.?key|private.?key", re.I
)
# In texts, for errors quote what failed: what follows `Bearer`, and the password inside a URL.
_IN_TEXT = (
    (re.compile(r"\b(bearer)\s+[\w.~+/=-]{8,}", re.I), rf"\1 {HIDDEN}"),
    (re.compile(r"(://[^/\s:@]*):[^/\s@]+@"), rf"\1:{HIDDEN}@"),
)


def redact(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Returns the event without its secrets, known by the name of their field or by their look in a text."""
    return {key: _redact_field(key, value) for key, value in event.items()}


def _redact_field(key: str, value: object) -> object:
    if _SECRET_KEY.search(key) and not _is_number(value):
        return HIDDEN
    return _redact_value(value)


def _is_number(value: object) -> bool:
    """Whether it is no secret whatever its name: the arbiter numbers its leases with tokens."""
    return value is None or isinstance(value, int | float) or (isinstance(value, str) and value.isdigit())


def _redact_value(value: object) -> object:
    if isinstance(value, str):
        for pattern, replacement in _IN_TEXT:
            value = pattern.sub(replacement, value)
        return value
    if isinstance(value, Mapping):
        fields = cast("Mapping[object, object]", value)
        return {key: _redact_field(str(key), inner) for key, inner in fields.items()}
    if isinstance(value, list | tuple):
        return [_redact_value(inner) for inner in cast("list[object]", value)]
    return value
