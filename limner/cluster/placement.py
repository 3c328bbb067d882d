"""Which node holds which replica. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

SERVICES = ("t2i", "edit", "tiling")


@dataclass(frozen=True, slots=True)
class Node:
    """One machine of the cluster."""

    id: str
    ip: str
    services: frozenset[str] = frozenset(SERVICES)  # that it may hold

    @property
    def title(self) -> str:
        """What people know it by; several nodes of one address are told apart."""
        return f"{self.ip}/{self.id[:6]}"


@dataclass(frozen=True, slots=True)
class Berth:
    """The place of one replica; its name is unique in the cluster."""

    service: str
    number: int  # from 1
    node: str

    @property
    def name(self) -> str:
        """What the replica is called in logs and by its arbiter."""
        return f"{self.service}-{self.number}"


@dataclass(frozen=True, slots=True)
class Moves:
    """What makes the cluster as it is wanted."""

    start: tuple[Berth, ...]
    stop: tuple[Berth, ...]
    homeless: Mapping[str, int]  # replicas that no node may hold, by service


def place(
    wanted: Mapping[str, int],
    nodes: Collection[Node],
    taken: Collection[Berth],
    leaving: Collection[Berth] = (),
) -> Moves:
    """Returns which replicas to start and to stop, so that each service has as many as are `wanted`.

    A new one comes to the node with the fewest of its service, then the fewest of all; one that goes
    leaves the node with the most. What runs where it may is never moved: its model would have to be loaded
    again. Whoever is `leaving` is not counted, but keeps its name.
    """
    open_to = {service: [node for node in nodes if service in node.services] for service in wanted}
    staying = [each for each in taken if any(each.node == node.id for node in open_to.get(each.service, ()))]
    stop = [each for each in taken if each not in staying]
    start: list[Berth] = []
    homeless: dict[str, int] = {}
    for service, count in wanted.items():
        ours = [each for each in staying if each.service == service]
        for _ in range(len(ours) - count):
            last = _most_crowded(ours, staying)
            ours.remove(last)
            staying.remove(last)
            stop.append(last)
        for missing in range(count - len(ours), 0, -1):
            if not open_to[service]:
                homeless[service] = missing
                break
            new = _berth(service, open_to[service], staying, {*stop, *leaving})
            staying.append(new)
            start.append(new)
    return Moves(tuple(start), tuple(stop), homeless)


def _berth(
    service: str, nodes: Collection[Node], taken: Collection[Berth], leaving: Collection[Berth]
) -> Berth:
    alike = Counter(each.node for each in taken if each.service == service)
    all_there = Counter(each.node for each in taken)
    node = min(nodes, key=lambda node: (alike[node.id], all_there[node.id], node.id))
    numbers = {each.number for each in (*taken, *leaving) if each.service == service}
    free = next(number for number in range(1, len(numbers) + 2) if number not in numbers)
    return Berth(service, free, node.id)


def _most_crowded(ours: Collection[Berth], taken: Collection[Berth]) -> Berth:
    alike = Counter(each.node for each in ours)
    all_there = Counter(each.node for each in taken)
    return max(ours, key=lambda each: (alike[each.node], all_there[each.node], each.number))
