"""What each tier does with a model's weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from services.rpc.errors import LimnerError

Precision = Literal["full", "fp8", "nf4"]


@dataclass(frozen=True, slots=True)
class Treatment:
    """In which precision weights are kept, and how many of them at a time."""

    precision: Precision
    staged: bool = False  # only what the present stage computes with lies on the device
    lean: bool = False  # without a budget the least that will do, and the autoencoder in small tiles


_TREATMENTS = {
    "full": Treatment("full"),
    "fp8": Treatment("fp8"),
    "nf4": Treatment("nf4"),
    "offload": Treatment("full", staged=True),
    "stream": Treatment("full", staged=True, lean=True),
}


def treat(tier: str) -> Treatment:
    """Returns what `tier` does; raises LimnerError for a name that is none."""
    try:
        return _TREATMENTS[tier]
    except KeyError:
        raise LimnerError(f"There is no tier {tier!r}; use one of {', '.join(_TREATMENTS)}.") from None
