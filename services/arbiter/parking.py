"""When an interactive ticket may interrupt a running background job at its next step."""

from __future__ import annotations

import math

from services.arbiter.bounds import lease_load_s, run_s, ticket_load_s
from services.arbiter.leases import Lease, State
from services.arbiter.policy import View
from services.arbiter.tickets import Ticket

BACKGROUND, INTERACTIVE = 1, 3  # As limner.t2i.v1.Priority.
# A swap there and one back must be worth it: what is left of the job is this many times longer.
_SWAPS_LEFT = 4.0


def parks_from_s(lease: Lease, head: Ticket, view: View, unknown_run_s: float) -> float:
    """Returns from when on `lease`'s job shall make way for `head` unfinished; infinity when it shall not."""
    if lease.state is not State.ACTIVE or (lease.priority, head.priority) != (BACKGROUND, INTERACTIVE):
        return math.inf
    load_s = lease_load_s(lease, view)
    left_s = lease.idle_s + run_s(lease.profile, None, view, unknown_run_s) - view.now_s
    if left_s <= _SWAPS_LEFT * max(ticket_load_s(head, view), load_s):
        return math.inf
    # It has run for as long as it loads, so that a stream of interruptions leaves it half of its time.
    return lease.idle_s + load_s
