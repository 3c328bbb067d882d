"""Where units compute: the host itself, or a card."""

# pyright: standard
# Torch code.
from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch

from services.pipelines.weights import pages
from services.pipelines.weights.units import Parts, Unit


class Place(Protocol):
    """A device, on which units come and go one at a time."""

    def settle(self, parts: Parts) -> None:
        """Brings what always stays."""
        ...

    def fetch(self, unit: Unit, *, to_stay: bool) -> None:
        """Brings the weights of a unit; may be called by another thread than the one that computes."""
        ...

    def attach(self, unit: Unit) -> None:
        """Has the unit compute with what was fetched."""
        ...

    def drop(self, unit: Unit) -> None:
        """Gives the memory of a fetched unit back, or keeps it for the next one that comes and goes."""
        ...

    def trim(self) -> None:
        """Gives back what was kept for units that come and go; another stage begins."""
        ...


class Host:
    """The processor computes with the pages of the files: nothing is copied, and processes share them."""

    def __init__(self, parts: Parts) -> None:
        self._files = pages.find_mapped_files()
        self._ranges = {unit: self._ranges_of(unit.weights) for unit in parts.units}

    def settle(self, parts: Parts) -> None:
        """Brings what always stays, but for tables: of them what is read comes by itself."""
        pages.bring(self._ranges_of(parts.base))

    def fetch(self, unit: Unit, *, to_stay: bool) -> None:
        """Brings the pages of a unit."""
        pages.bring(self._ranges[unit])

    def attach(self, unit: Unit) -> None:
        """Does nothing: the weights are always where they are."""

    def drop(self, unit: Unit) -> None:
        """Lets the pages of a unit go."""
        pages.release(self._ranges[unit])

    def trim(self) -> None:
        """Does nothing: nothing is kept."""

    def _ranges_of(self, weights: Sequence[Any]) -> tuple[pages.Range, ...]:
        return pages.ranges_of([weight.source for weight in weights], self._files)


def keep_on_host(table: torch.nn.Module, device: torch.device) -> None:
    """Has a table looked up on the host, and what was found computed with on `device`."""

    def to_host(_module: object, inputs: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        return tuple(each.cpu() for each in inputs)

    def to_device(_module: object, _inputs: object, found: torch.Tensor) -> torch.Tensor:
        return found.to(device)

    table.register_forward_pre_hook(to_host)
    table.register_forward_hook(to_device)
