from __future__ import annotations

from services.arbiter.effects import LEASE_RESIDENT
from services.arbiter.events import Events


def test_loads_are_counted_by_service_and_by_when_they_were() -> None:
    events = Events(epoch=1)
    for service, at_wall_s in (("t2i", 100.0), ("edit", 200.0), ("t2i", 300.0)):
        events.add(LEASE_RESIDENT, {"service": service}, at_wall_s)
    events.add("lease_granted", {}, 400.0)
    assert events.loads == {"t2i": 2, "edit": 1}
    assert [events.loads_since(at_wall_s) for at_wall_s in (0.0, 200.0, 300.5)] == [3, 2, 0]
