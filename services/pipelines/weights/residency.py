"""Which weights lie on the device, under a budget that may change between two steps."""

# pyright: standard
# Torch code.
from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from services.pipelines.weights.places import Place
from services.pipelines.weights.planning import choose, floor_bytes
from services.pipelines.weights.tiers import Treatment
from services.pipelines.weights.units import DENOISING, Parts, Unit
from services.rpc.errors import OutOfMemory


@dataclass(frozen=True, slots=True)
class _Coming:
    unit: Unit
    fetched: Future[None]


class Residency:
    """Brings each unit before it computes, and drops it afterwards unless the budget lets it stay.

    What is computed is the same to the bit whatever the budget. One thread computes, and it alone may call.
    """

    def __init__(self, parts: Parts, place: Place, treatment: Treatment, budget_bytes: int) -> None:
        self._place, self._treatment, self._budget_bytes = place, treatment, budget_bytes
        self._base_bytes = parts.base_bytes
        self._units = tuple(parts.units)
        self._known = [unit for unit in parts.units if not unit.is_optional]
        self._thread = ThreadPoolExecutor(1, "weights")
        self._stage = DENOISING
        self._resident: set[Unit] = set()
        self._follower: dict[Unit, Unit] = {}
        self._last: Unit | None = None
        self._coming: _Coming | None = None
        self._streamed_bytes = 0
        self._check()
        self._plan()
        place.settle(parts)
        for unit in self._units:
            # Of what may be used, only the main stage's weights are brought ahead.
            if unit in self._staying:
                self._bring(unit)
        for unit in self._units:
            unit.module.register_forward_pre_hook(partial(self._before, unit))
            unit.module.register_forward_hook(partial(self._after, unit), always_call=True)

    @property
    def held_bytes(self) -> int:
        """What of the weights is on the device and stays there for the present stage."""
        return self._base_bytes + sum(unit.size_bytes for unit in self._resident)

    @property
    def floor_bytes(self) -> int:
        """The least budget that will do."""
        return self._base_bytes + floor_bytes(self._units)

    @property
    def whole_bytes(self) -> int:
        """With this budget everything stays."""
        return self._base_bytes + sum(unit.size_bytes for unit in self._units)

    def take_streamed_bytes(self) -> int:
        """Returns what was brought to the device since the last call, or while loading."""
        streamed_bytes, self._streamed_bytes = self._streamed_bytes, 0
        return streamed_bytes

    def set_budget(self, budget_bytes: int) -> None:
        """Drops at once what no longer may stay; what may again comes when it is next needed.

        Less than `floor_bytes` is taken for those.
        """
        self._budget_bytes = max(budget_bytes, self.floor_bytes) if budget_bytes else 0
        self._cancel()
        self._plan()
        self._drop(self._resident - self._staying)
        self._place.trim()

    def close(self) -> None:
        """Ends the thread that reads ahead."""
        self._cancel()
        self._thread.shutdown()

    def _check(self) -> None:
        if 0 < self._budget_bytes < self.floor_bytes:
            raise OutOfMemory(
                f"The weights need at least {self.floor_bytes} bytes at a time and may hold "
                f"{self._budget_bytes}; use a tier of lower precision.",
                floor_bytes=self.floor_bytes,
            )

    def _plan(self) -> None:
        """Chooses which units stay: all, or of the present stage as many as the budget admits."""
        whole = not self._treatment.staged and not 0 < self._budget_bytes < self.whole_bytes
        if whole:
            self._staying = frozenset(self._units)
            return
        stage = [unit for unit in self._known if unit.stage == self._stage]
        if not self._budget_bytes and not self._treatment.lean:
            self._staying = frozenset(stage)
            return
        allowed_bytes = (self._budget_bytes or self.floor_bytes) - self._base_bytes
        self._staying = choose(stage, allowed_bytes)

    def _before(self, unit: Unit, *_: object) -> None:
        if unit in self._resident and len(self._resident) == len(self._units):
            return
        self._notice(unit)
        if unit not in self._resident:
            self._bring(unit)
        self._look_ahead(unit)

    def _after(self, unit: Unit, *_: object) -> None:
        if unit not in self._resident:
            self._place.drop(unit)

    def _notice(self, unit: Unit) -> None:
        """Learns in which order units compute, which of them a job uses, and which stage it is in."""
        is_new = unit not in self._known
        if is_new:
            self._known.append(unit)
        if is_new or unit.stage != self._stage:
            self._stage = unit.stage
            self._cancel()
            self._plan()
            self._drop(self._resident - self._staying)
            self._place.trim()
        if self._last is not None and self._last.stage == unit.stage:
            self._follower[self._last] = unit
        self._last = unit

    def _bring(self, unit: Unit) -> None:
        if self._coming is not None and self._coming.unit is unit:
            coming, self._coming = self._coming, None
            coming.fetched.result()
        else:
            self._cancel()
            self._place.fetch(unit, to_stay=unit in self._staying)
        self._place.attach(unit)
        self._streamed_bytes += unit.size_bytes
        if unit in self._staying:
            self._resident.add(unit)

    def _look_ahead(self, unit: Unit) -> None:
        """Fetches what will be needed next while `unit` computes."""
        if self._coming is not None:
            return
        for following in self._following(unit):
            if following not in self._resident:
                fetch = partial(self._place.fetch, following, to_stay=following in self._staying)
                self._coming = _Coming(following, self._thread.submit(fetch))
                return

    def _following(self, unit: Unit) -> Iterator[Unit]:
        """Yields a stage's units after `unit`, as they came the last time, or as they stand."""
        stage = [each for each in self._known if each.stage == unit.stage]
        standing = dict(zip(stage, [*stage[1:], stage[0]], strict=True))
        found = self._follower.get(unit, standing[unit])
        for _ in stage:
            if found is unit:
                return
            yield found
            found = self._follower.get(found, standing[found])

    def _cancel(self) -> None:
        if self._coming is not None:
            coming, self._coming = self._coming, None
            coming.fetched.exception()
            self._place.drop(coming.unit)

    def _drop(self, units: Iterable[Unit]) -> None:
        for unit in tuple(units):
            self._place.drop(unit)
            self._resident.discard(unit)
