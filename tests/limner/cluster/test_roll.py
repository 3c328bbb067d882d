"""What the conductor writes is what gateways read."""

from __future__ import annotations

from pathlib import Path

from gateway.members import read_membership
from gateway.replicas import T2I, TILING
from limner.cluster.placement import Berth
from limner.cluster.roll import write_roll

FIRST, SECOND = Berth("t2i", 1, "a"), Berth("t2i", 2, "b")


def test_a_gateway_reads_who_is_named_and_no_longer_who_was(tmp_path: Path) -> None:
    file = tmp_path / "replicas.json"
    write_roll(file, {})
    assert set(read_membership(file.read_bytes()).addresses.values()) == {frozenset()}
    write_roll(file, {FIRST: "127.0.0.2:7011", SECOND: "127.0.0.2:7012"})
    both = read_membership(file.read_bytes())
    assert both.addresses[T2I] == frozenset({"127.0.0.2:7011", "127.0.0.2:7012"})
    assert (both.host_of("127.0.0.2:7011"), both.host_of("127.0.0.2:7012")) == ("a", "b")
    write_roll(file, {FIRST: "127.0.0.2:7013"})  # it was started again
    one = read_membership(file.read_bytes())
    assert (one.addresses[T2I], one.addresses[TILING]) == (frozenset({"127.0.0.2:7013"}), frozenset())
    assert [path.name for path in tmp_path.iterdir()] == ["replicas.json"]
