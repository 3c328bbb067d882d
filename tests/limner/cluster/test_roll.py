"""What the conductor writes is what gateways read."""

from __future__ import annotations

from pathlib import Path

from gateway.members import read_membership
from gateway.replicas import T2I, TILING
from limner.cluster.placement import Berth, Node
from limner.cluster.roll import write_roll

NODES = {id: Node(id, "127.0.0.2") for id in ("abcdefab", "bcdefabc")}
FIRST, SECOND = (Berth("t2i", number, id) for number, id in enumerate(NODES, 1))


def test_a_gateway_reads_who_is_named_and_no_longer_who_was(tmp_path: Path) -> None:
    file = tmp_path / "replicas.json"
    write_roll(file, {}, NODES)
    assert set(read_membership(file.read_bytes()).addresses.values()) == {frozenset()}
    write_roll(file, {FIRST: "127.0.0.2:7011", SECOND: "127.0.0.2:7012"}, NODES)
    both = read_membership(file.read_bytes())
    assert both.addresses[T2I] == frozenset({"127.0.0.2:7011", "127.0.0.2:7012"})
    assert (both.host_of("127.0.0.2:7011"), both.host_of("127.0.0.2:7012")) == (
        "127.0.0.2/abcdef",
        "127.0.0.2/bcdefa",
    )
    write_roll(file, {FIRST: "127.0.0.2:7013"}, NODES)  # it was started again
    one = read_membership(file.read_bytes())
    assert (one.addresses[T2I], one.addresses[TILING]) == (frozenset({"127.0.0.2:7013"}), frozenset())
    assert [path.name for path in tmp_path.iterdir()] == ["replicas.json"]
