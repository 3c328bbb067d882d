"""Units on a card. Written against torch's documentation: it has not run, as there was no card."""

# pyright: standard
# Torch code.
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch

from services.pipelines.weights.places import keep_on_host
from services.pipelines.weights.units import Parts, Unit, Weight

# As the allocator aligns what it gives out, so that kernels find what they are used to.
_ALIGNED_BYTES = 512


@dataclass(slots=True)
class _Lane:
    """Memory for one unit at a time: pinned on the host, from which the card copies by itself, and there."""

    pinned: torch.Tensor
    on_card: torch.Tensor
    copied: torch.cuda.Event = field(default_factory=torch.cuda.Event)
    computed: torch.cuda.Event = field(default_factory=torch.cuda.Event)


class Card:
    """Units that stay have memory of their own; the others take turns in lanes, copied on a side stream."""

    def __init__(self, parts: Parts, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device)
        self._free: list[_Lane] = []
        self._lanes: dict[Unit, _Lane] = {}
        for unit in parts.units:
            self._clear(unit)

    def settle(self, parts: Parts) -> None:
        """Brings what always stays, and has tables looked up on the host."""
        for weight in parts.base:
            weight.put(weight.source.to(self._device))
        for table in parts.tables:
            keep_on_host(table, self._device)

    def fetch(self, unit: Unit, *, to_stay: bool) -> None:
        """Begins to copy a unit's weights; those that stay are copied at `attach`."""
        if to_stay:
            return
        lane = self._lanes[unit] = self._take_lane(_span(unit))
        # The copy of before has left the pinned memory, and whoever computed with it is done.
        lane.copied.synchronize()
        for weight, begin in _layout(unit):
            lane.pinned[begin : begin + weight.source.nbytes].copy_(_bytes_of(weight.source))
        with torch.cuda.stream(self._stream):
            self._stream.wait_event(lane.computed)
            lane.on_card.copy_(lane.pinned, non_blocking=True)
            lane.copied.record(self._stream)

    def attach(self, unit: Unit) -> None:
        """Has what computes from now on wait for the copy, on the card."""
        if (lane := self._lanes.get(unit)) is None:
            for weight in unit.weights:
                weight.put(weight.source.to(self._device))
            return
        torch.cuda.current_stream(self._device).wait_event(lane.copied)
        for weight, begin in _layout(unit):
            source = weight.source
            flat = lane.on_card[begin : begin + source.nbytes]
            weight.put(flat.view(source.dtype).view(source.shape))

    def drop(self, unit: Unit) -> None:
        """Frees the unit's lane once the card has computed with it, or its own memory."""
        self._clear(unit)
        if (lane := self._lanes.pop(unit, None)) is not None:
            stream = torch.cuda.current_stream(self._device)
            # What was fetched and never attached may still be on its way.
            stream.wait_event(lane.copied)
            lane.computed.record(stream)
            self._free.append(lane)

    def trim(self) -> None:
        """Gives the lanes back that nobody has."""
        self._free.clear()

    def _take_lane(self, size_bytes: int) -> _Lane:
        # The blocks of a stage are alike, but for those of ControlNets.
        if self._free and (lane := self._free.pop()).pinned.nbytes >= size_bytes:
            return lane
        pinned = torch.empty(size_bytes, dtype=torch.uint8, pin_memory=True)
        return _Lane(pinned, torch.empty_like(pinned, device=self._device))

    def _clear(self, unit: Unit) -> None:
        for weight in unit.weights:
            weight.put(torch.empty(0, dtype=weight.source.dtype, device=self._device))


def _layout(unit: Unit) -> Iterator[tuple[Weight, int]]:
    """Yields each weight with where it begins in a lane."""
    begin = 0
    for weight in unit.weights:
        yield weight, begin
        begin += -(-weight.source.nbytes // _ALIGNED_BYTES) * _ALIGNED_BYTES


def _span(unit: Unit) -> int:
    return sum(-(-weight.source.nbytes // _ALIGNED_BYTES) * _ALIGNED_BYTES for weight in unit.weights)


def _bytes_of(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.contiguous().view(-1).view(torch.uint8)
