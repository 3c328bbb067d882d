"""Which replica takes a job: found by what it has loaded, at the same cost among ten and a thousand. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.replicas import Replica


@dataclass(frozen=True, slots=True)
class _Spot:
    service: str
    load: int  # jobs that it has
    model: str | None


class Supply:
    """The replicas that can take one more job."""

    def __init__(self) -> None:
        self._spots: dict[Replica, _Spot] = {}
        self._at: dict[tuple[str, int], dict[str | None, dict[Replica, None]]] = {}

    def refresh(self, replicas: Iterable[Replica]) -> None:
        """Forgets everybody else than `replicas`."""
        self._spots.clear()
        self._at.clear()
        for replica in replicas:
            self.note(replica)

    def note(self, replica: Replica) -> None:
        """Takes in what has become of a replica; of those that are alike it is the last from now on."""
        spot = self._spots.pop(replica, None)
        if spot is not None:
            models = self._at[spot.service, spot.load]
            del models[spot.model][replica]
            if not models[spot.model]:
                del models[spot.model]
        if replica.is_free:
            spot = _Spot(replica.service.name, len(replica.jobs), replica.warm_model)
            self._spots[replica] = spot
            self._at.setdefault((spot.service, spot.load), {}).setdefault(spot.model, {})[replica] = None

    def best(self, service: str, model: str | None) -> Replica | None:
        """Returns who would start a job of `model` first; None when nobody can take it.

        That is one with nothing to do before one that is busy; among those, one that has the model, then one
        that has none, then the one that has waited longest.
        """
        for load in range(Replica.SLOTS):
            models = self._at.get((service, load))
            if models:
                alike = models.get(model) or models.get(None) or next(iter(models.values()))
                return next(iter(alike))
        return None
