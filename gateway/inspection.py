"""From what a file says of how it was made to a request. Pure.

The texts come from strangers: they are parsed by pydantic, whose depth is limited, or line by line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, JsonValue, ValidationError

from gateway.explanations import explain
from gateway.jobs.job import Kind
from gateway.jobs.kinds import TRADES
from gateway.jobs.messages import METADATA_VERSION
from gateway.requests import GenerateRequest

_SHOWN_FIELDS = 20
_SHOWN_PROBLEMS = 3
_SHOWN_CHARACTERS = 50
_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
_NEGATIVE = "Negative prompt:"
_FIRST_SETTING = "Steps:"  # begins the last line of what AUTOMATIC1111's web UI writes


class NoMetadata(Exception):
    """A file does not say how it was made, or not so that it can be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Restored:
    """How a picture was made."""

    kind: Kind
    request: GenerateRequest
    seed: int | None  # of this very picture
    dropped: tuple[str, ...]  # fields that say nothing here


class _Record(BaseModel):
    version: int
    kind: str
    request: dict[str, JsonValue]


def restore(limner: str | None, parameters: str | None) -> Restored:
    """Returns the request in a file's `limner` text, or else in its `parameters`. Raises NoMetadata."""
    told = _read_parameters(parameters or "")
    seed = told.get("seed")
    if limner is not None:
        try:
            kind, request = _read_record(limner)
            return _fit(kind, request, seed if isinstance(seed, int) else None)
        except NoMetadata:
            if not told:
                raise
    if not told:
        text = (
            "The file does not say how it was made; send a PNG as Limner saved it, or one with the "
            "'parameters' text of another studio. Editors and messengers remove such texts."
        )
        raise NoMetadata(text)
    return _fit(Kind.TEXT_TO_IMAGE, told, seed if isinstance(seed, int) else None)


def _read_record(text: str) -> tuple[Kind, dict[str, Any]]:
    try:
        record = _Record.model_validate_json(text, strict=True)
    except ValidationError as error:
        raise NoMetadata("The file's 'limner' text is damaged; take the file as Limner saved it.") from error
    if record.version != METADATA_VERSION:
        text = (
            f"The file's 'limner' text has version {record.version}, and this studio reads "
            f"{METADATA_VERSION}; open it in the Limner that made it."
        )
        raise NoMetadata(text)
    if record.kind not in list(Kind):
        kind = record.kind[:_SHOWN_CHARACTERS]
        raise NoMetadata(f"The file was made by a job of kind {kind!r}, which this studio does not know.")
    return Kind(record.kind), record.request


def _fit(kind: Kind, request: dict[str, Any], seed: int | None) -> Restored:
    """Drops what this studio cannot use, unless nothing goes without it."""
    body = TRADES[kind].body
    required = {name for name, field in body.model_fields.items() if field.is_required()}
    dropped: list[str] = []
    while True:
        try:
            whole = body.model_validate(request)
        except ValidationError as error:
            problems = error.errors(include_url=False)
            wrong = {str(each["loc"][0]) for each in problems if each["loc"]}
            if not wrong or wrong & required or wrong - request.keys():
                said = " ".join(explain(each).message for each in problems[:_SHOWN_PROBLEMS])
                raise NoMetadata(f"The file's request cannot be used here: {said}") from error
            dropped += sorted(wrong)
            request = {name: value for name, value in request.items() if name not in wrong}
            continue
        shown = tuple(name[:_SHOWN_CHARACTERS] for name in dropped[:_SHOWN_FIELDS])
        return Restored(kind, whole, seed, shown)


def _read_parameters(text: str) -> dict[str, JsonValue]:
    """Returns what A1111's text says, in the names of our fields; nothing where it has no settings."""
    lines = text.strip().splitlines()
    last = max((at for at, line in enumerate(lines) if line.startswith(_FIRST_SETTING)), default=None)
    if last is None:
        return {}
    at = next((at for at, line in enumerate(lines[:last]) if line.startswith(_NEGATIVE)), last)
    negative = "\n".join(lines[at:last]).removeprefix(_NEGATIVE).strip()
    told: dict[str, JsonValue] = {"prompt": "\n".join(lines[:at]).strip(), "negative_prompt": negative}
    settings: dict[str, str] = {}
    for part in lines[last].split(","):
        name, _, value = part.partition(":")
        settings.setdefault(name.strip(), value.strip())
    width, by, height = settings.get("Size", "").partition("x")
    for name, value in (
        ("steps", settings.get("Steps")),
        ("guidance_scale", settings.get("CFG scale")),
        ("seed", settings.get("Seed")),
        ("width", width if by else None),
        ("height", height),
    ):
        number = _read_number(value or "")
        if number is not None:
            told[name] = number
    return told


def _read_number(text: str) -> float | int | None:
    if _NUMBER.fullmatch(text) is None:
        return None
    return float(text) if "." in text else int(text)
