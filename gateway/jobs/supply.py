"""Which job is next, and which replica takes it: at the same cost among ten replicas and a thousand. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto

from gateway.jobs.order import Line
from gateway.replicas import Replica


@dataclass(frozen=True, slots=True)
class Choice:
    """A job and who does it."""

    job_id: str
    replica: Replica
    held_back: str | None  # the job that would have been next, had this one not saved a change of models


@dataclass(slots=True, eq=False)
class _Card:
    """What replicas of different services share: the memory of their host."""

    replicas: list[Replica] = field(default_factory=list[Replica])
    last: Replica | None = None  # whose model is there when all is done that was given

    @property
    def load(self) -> int:
        """How many jobs were given to it and are not done."""
        return sum(len(replica.jobs) for replica in self.replicas)


class _Warmth(Enum):
    NONE = auto()  # nothing is loaded
    OTHER = auto()  # another service has the card


_Key = str | None | _Warmth  # the model; None stands for the default one
_Spot = tuple[str, int, _Key]  # service, jobs of the card, what is loaded


class Supply:
    """The replicas that can take one more job.

    The first replicas of all services of a host are taken to share a card, the second ones another: a job
    for one of them displaces what another has loaded.
    """

    def __init__(self) -> None:
        self._cards: dict[Replica, _Card] = {}
        self._spots: dict[Replica, _Spot] = {}
        self._at: dict[str, dict[int, dict[_Key, dict[Replica, None]]]] = {}

    def refresh(self, replicas: Iterable[Replica]) -> None:
        """Takes in who is there; who stays keeps what it has loaded."""
        known, there = self._cards, list(replicas)
        self._cards, self._spots, self._at = {}, {}, {}
        places: Counter[tuple[str, str]] = Counter()
        cards: defaultdict[tuple[str, int], _Card] = defaultdict(_Card)
        for replica in there:
            place = (replica.host, replica.service.name)
            places[place] += 1
            card = cards[replica.host, places[place]]
            card.replicas.append(replica)
            self._cards[replica] = card
            if replica in known and known[replica].last is replica:
                card.last = replica
        for replica in there:
            self._put(replica)

    def give(self, replica: Replica, job_id: str, model: str | None) -> None:
        """Gives a job to a replica, which will have its model."""
        replica.jobs.add(job_id)
        replica.warm_model = model or replica.warm_model
        self._cards[replica].last = replica
        self.note(replica)

    def note(self, replica: Replica) -> None:
        """Takes in what has become of a replica; of those that are alike it is the last from now on."""
        if replica in self._cards:
            for each in self._cards[replica].replicas:
                self._put(each)

    def best(self, service: str, model: str | None) -> Replica | None:
        """Returns who would start a job of `model` first; None when nobody can take it.

        That is one whose card has least to do; among those, one that has the model, then one whose card is
        empty, then the one that has waited longest.
        """
        loads = self._at.get(service)
        if not loads:
            return None
        models = loads[min(loads)]
        alike = models.get(model) or models.get(_Warmth.NONE) or next(iter(models.values()))
        return next(iter(alike))

    def _put(self, replica: Replica) -> None:
        self._take_out(replica)
        spot = self._spot(replica)
        if spot is not None:
            service, load, key = self._spots[replica] = spot
            self._at.setdefault(service, {}).setdefault(load, {}).setdefault(key, {})[replica] = None

    def _spot(self, replica: Replica) -> _Spot | None:
        if not replica.is_free:
            return None
        card = self._cards[replica]
        key = _Warmth.NONE if card.last is None else _Warmth.OTHER
        return replica.service.name, card.load, replica.warm_model if card.last is replica else key

    def _take_out(self, replica: Replica) -> None:
        spot = self._spots.pop(replica, None)
        if spot is None:
            return
        service, load, key = spot
        loads = self._at[service]
        del loads[load][key][replica]
        if not loads[load][key]:
            del loads[load][key]
        if not loads[load]:
            del loads[load]


def choose(service: str, line: Line, supply: Supply, now: float) -> Choice | None:
    """Returns the next job of a service; None when none is in line, or nobody can take one."""
    first = line.first(service)
    replica = supply.best(service, first.model) if first is not None else None
    if first is None or replica is None:
        return None
    job_id = line.choose(service, [replica.warm_model], now) or first.id
    return Choice(job_id, replica, first.id if job_id != first.id else None)
