"""Validation errors in plain words: which field, with which value, and the fix. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, cast

from gateway.jobs.job import Kind
from gateway.refusals import multiples_beside
from gateway.requests import ControlNetRequest, ImageEditRequest, LayersRequest, TiledRequest
from gateway.schemas import FieldProblem

_FIELDS = sorted(
    {
        name
        for body in (ImageEditRequest, ControlNetRequest, LayersRequest, TiledRequest)
        for name in body.model_fields
    }
)
SHOWN_CHARACTERS = 100  # of a value that was sent


def explain(error: Mapping[str, Any]) -> FieldProblem:
    """Returns one validation error of pydantic in plain words: field, value and fix."""
    place = _as_written([str(part) for part in error["loc"] if part != "body"])
    field = _shorten(".".join(place)) or "body"
    value = error.get("input")
    return FieldProblem(field=field, value=_shorten(value), message=_describe(field, value, error))


def _as_written(place: list[str]) -> list[str]:
    """Returns the place without the kind that pydantic puts before a field of one body of several."""
    last = len(place) - 1
    # `layers` is a kind, and the last part where it is the field of that name.
    return [
        part
        for index, part in enumerate(place)
        if part not in list(Kind) or (index == last and part in _FIELDS)
    ]


def _describe(field: str, value: object, error: Mapping[str, Any]) -> str:
    limits: dict[str, Any] = error.get("ctx") or {}
    match error["type"]:
        case "missing":
            return f"{field} is missing; it is required."
        case "extra_forbidden":
            close = difflib.get_close_matches(field, _FIELDS, 1)
            hint = f"did you mean {close[0]}?" if close else "remove it."
            return f"{field} is not a field of this request; {hint}"
        case "string_too_short":
            return f"{field} is empty; write something."
        case "string_too_long":
            length = len(cast("str", value))
            return f"{field} has {length} characters; at most {limits['max_length']} are allowed: shorten it."
        case "value_error":
            return f"{limits['error']}."
        case "string_pattern_mismatch":
            return f"{field} is {_shorten(value)}; it must be an id, as POST /images answers it."
        case "too_short" | "too_long":
            bound = (
                f"at least {limits['min_length']}"
                if "min_length" in limits
                else f"at most {limits['max_length']}"
            )
            return f"{field} has {limits['actual_length']} entries; {bound} are allowed."
        case "greater_than":
            return f"{field} is {_shorten(value)}; it must be above {limits['gt']:g}."
        case "greater_than_equal":
            return f"{field} is {_shorten(value)}; it must be at least {limits['ge']:g}."
        case "less_than_equal":
            return f"{field} is {_shorten(value)}; it must be at most {limits['le']}."
        case "multiple_of":
            multiple = int(limits["multiple_of"])
            fix = multiples_beside(cast("int", value), multiple, multiple, 2**53)
            return f"{field} is {value}; it must be a multiple of {multiple} (try {fix})."
        case "finite_number":
            return f"{field} is {_shorten(value)}; it must be a finite number."
        case "json_invalid":
            return f"The body is not JSON ({limits.get('error', 'cannot be read')}); send an object."
        case "string_unicode":
            return f"{field} contains half a surrogate pair; send whole characters."
        case "int_type" | "int_from_float" | "int_parsing" | "int_parsing_size":
            return f"{field} is {_shorten(value)}; it must be a whole number."
        case "float_type" | "float_parsing":
            return f"{field} is {_shorten(value)}; it must be a number."
        case "list_type":
            return f"{field} is {_shorten(value)}; it must be a list."
        case "bool_type":
            return f"{field} is {_shorten(value)}; it must be true or false."
        case "string_type":
            return f"{field} is {_shorten(value)}; it must be a string."
        case "model_attributes_type" | "model_type" | "dict_type":
            return f"{field} is {_shorten(value)}; it must be a JSON object."
        case _:
            return f"{field} is {_shorten(value)}: {error['msg']}."


def _shorten(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    if len(text) > SHOWN_CHARACTERS:
        text = text[:SHOWN_CHARACTERS] + "…"
    # Half a surrogate pair, which JSON may carry, cannot be sent back as UTF-8.
    return text.encode("utf-8", "replace").decode()
