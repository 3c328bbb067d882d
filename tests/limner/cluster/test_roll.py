"""What the conductor writes is what gateways read."""

from __future__ import annotations

from pathlib import Path

from gateway.members import read_membership
from gateway.replicas import T2I, TILING
from limner.cluster.placement import Berth
from limner.cluster.roll import Roll

FIRST, SECOND = Berth("t2i", 1, "a"), Berth("t2i", 2, "b")


def test_a_gateway_reads_who_has_entered_and_not_who_has_left(tmp_path: Path) -> None:
    file = tmp_path / "replicas.json"
    roll = Roll(file)
    assert set(read_membership(file.read_bytes()).addresses.values()) == {frozenset()}
    roll.enter(FIRST, "127.0.0.2:7011")
    roll.enter(SECOND, "127.0.0.2:7012")
    roll.enter(FIRST, "127.0.0.2:7013")  # it was started again
    roll.leave(SECOND)
    roll.leave(SECOND)
    membership = read_membership(file.read_bytes())
    assert membership.addresses[T2I] == frozenset({"127.0.0.2:7013"})
    assert membership.addresses[TILING] == frozenset()
    assert membership.host_of("127.0.0.2:7013") == "a"
    assert [path.name for path in tmp_path.iterdir()] == ["replicas.json"]
