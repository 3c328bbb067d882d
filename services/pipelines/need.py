"""What a job needs of a device, in each tier in which it may run, and what follows for its lease."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from services.pipelines.leases import Demand, Lease


@dataclass(frozen=True, slots=True)
class Need:
    """A model in the tiers in which it may run, best first."""

    model: str
    demands: tuple[Demand, ...]
    priority: int
    on_card: tuple[Demand, ...] = ()  # where there are cards; empty: the same
    kind: str = ""  # of jobs that need as much: model, revision and size
    is_named: bool = False  # the request names its tier

    @property
    def tiers(self) -> tuple[str, ...]:
        """The tiers, best first."""
        return tuple(dict.fromkeys(demand.tier for demand in self.demands))

    def without(self, tiers: Collection[str]) -> Need:
        """Returns the same without some tiers."""
        left, on_card = (
            tuple(demand for demand in demands if demand.tier not in tiers)
            for demands in (self.demands, self.on_card)
        )
        return replace(self, demands=left, on_card=on_card)

    def in_process(self, context_bytes: int) -> Need:
        """Returns the same in a process that was measured to hold so much without a model; 0: unmeasured."""
        if not context_bytes:
            return self
        demands, on_card = (
            tuple(replace(demand, context_bytes=context_bytes) for demand in demands)
            for demands in (self.demands, self.on_card)
        )
        return replace(self, demands=demands, on_card=on_card)

    def of(self, lease: Lease) -> Demand | None:
        """Returns the demand for which a lease was granted, or would be for a job of this size."""
        demands = self.demands if lease.device.startswith("cpu") or not self.on_card else self.on_card
        alike = [demand for demand in demands if demand.tier == lease.tier]
        # One that was granted for less has room for more beside its weights.
        fitting = [demand for demand in alike if demand.resident_bytes <= lease.weights_bytes]
        granted = (demand for demand in alike if demand.profile == lease.profile)
        return next(granted, fitting[0] if fitting else alike[-1] if alike else None)


def working_bytes(need: Need, lease: Lease) -> int:
    """Returns what a job takes beyond the weights; 0 where the lease was acquired for such jobs.

    The arbiter has measured jobs of the lease's size only: what that added to the estimate is added here in
    proportion, or a larger picture would be charged less than a small one.
    """
    fitting = need.of(lease)
    if fitting is None or fitting.profile == lease.profile:
        return 0
    measured_bytes = fitting.working_bytes * lease.granted_bytes // max(1, lease.asked_bytes)
    return max(fitting.working_bytes, measured_bytes)


def charged_bytes(need: Need, lease: Lease) -> int:
    """Returns what the lease is charged while such a job runs, as far as the worker measures it."""
    return lease.resting_bytes + (working_bytes(need, lease) or lease.granted_bytes)
