"""Which node holds which replica."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from limner.cluster.placement import SERVICES, Berth, Node, place

A, B, C = (Node(id, "10.0.0.1") for id in "abc")
PAINTERS = Node("p", "10.0.0.9", frozenset({"t2i"}))

nodes = st.lists(
    st.builds(Node, st.sampled_from("abcdef"), st.just(""), st.frozensets(st.sampled_from(SERVICES))),
    unique_by=lambda node: node.id,
)
counts = st.fixed_dictionaries({service: st.integers(0, 5) for service in SERVICES})


def test_replicas_of_a_service_are_spread_and_numbered() -> None:
    assert place({"t2i": 3}, [A, B], []).start == (
        Berth("t2i", 1, "a"),
        Berth("t2i", 2, "b"),
        Berth("t2i", 3, "a"),
    )


def test_a_service_comes_to_the_node_that_has_least_of_all() -> None:
    (new,) = place({"t2i": 1, "edit": 1}, [A, B], [Berth("t2i", 1, "a")]).start
    assert new == Berth("edit", 1, "b")


def test_what_a_node_may_not_hold_does_not_come_to_it() -> None:
    moves = place({"t2i": 2, "edit": 1}, [PAINTERS], [])
    assert [berth.service for berth in moves.start] == ["t2i", "t2i"]
    assert moves.homeless == {"edit": 1}


def test_too_many_leave_where_there_are_most_and_what_runs_elsewhere_stays() -> None:
    taken = [Berth("t2i", 1, "a"), Berth("t2i", 2, "b"), Berth("t2i", 3, "b")]
    moves = place({"t2i": 1}, [A, B], taken)
    assert (moves.start, moves.stop) == ((), (Berth("t2i", 3, "b"), Berth("t2i", 2, "b")))


def test_a_replica_whose_node_is_lost_starts_elsewhere_under_a_name_that_is_free() -> None:
    taken = [Berth("t2i", 1, "a"), Berth("t2i", 2, "gone")]
    moves = place({"t2i": 2}, [A, C], taken)
    assert (moves.start, moves.stop) == ((Berth("t2i", 3, "c"),), (Berth("t2i", 2, "gone"),))


def test_one_that_still_leaves_is_not_counted_and_keeps_its_name() -> None:
    moves = place({"t2i": 1}, [A], [], leaving=[Berth("t2i", 1, "a")])
    assert moves.start == (Berth("t2i", 2, "a"),)


@given(counts, nodes, counts, nodes)
def test_one_round_brings_what_is_wanted_and_the_next_changes_nothing(
    first: dict[str, int], before: list[Node], wanted: dict[str, int], now: list[Node]
) -> None:
    taken = place(first, before, []).start
    moves = place(wanted, now, taken)
    after = [each for each in taken if each not in moves.stop] + list(moves.start)
    held = Counter(each.service for each in after)
    for service, count in wanted.items():
        assert held[service] + moves.homeless.get(service, 0) == count
    assert len({each.name for each in after}) == len(after)
    assert not {each.name for each in moves.start} & {each.name for each in taken}
    may_hold = {node.id: node.services for node in now}
    assert all(each.service in may_hold[each.node] for each in after)
    again = place(wanted, now, after)
    assert (again.start, again.stop, again.homeless) == ((), (), moves.homeless)


@given(nodes.filter(bool), st.integers(1, 12))
def test_no_node_has_two_more_of_a_service_than_another(there: list[Node], count: int) -> None:
    held = Counter(each.node for each in place({"t2i": count}, there, []).start)
    loads = [held[node.id] for node in there if "t2i" in node.services]
    assert not loads or max(loads) - min(loads) <= 1


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_is_not_wanted_ends(service: str) -> None:
    berth = Berth(service, 1, "a")
    assert place(dict.fromkeys(SERVICES, 0), [A], [berth]).stop == (berth,)
