"""Which of several formats of a picture a client gets. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def choose(accept: str | None, offers: Sequence[str]) -> str:
    """Returns the first of `offers` that an Accept header permits, the first of all where it permits none.

    Weights other than 0 are passed over: browsers' <img> weighs all formats that it knows alike.
    """
    permitted: set[str] = set()
    refused: set[str] = set()
    for part in (accept or "*/*").split(","):
        media_type, *parameters = (each.strip().lower() for each in part.split(";"))
        (refused if any(map(_is_zero, parameters)) else permitted).add(media_type)
    for offer in offers:
        names = {f"image/{offer}", "image/*", "*/*"}
        if permitted & names and f"image/{offer}" not in refused:
            return offer
    return offers[0]


def _is_zero(parameter: str) -> bool:
    name, _, weight = parameter.partition("=")
    return name.strip() == "q" and weight.strip() in {"0", "0.0", "0.00", "0.000"}
