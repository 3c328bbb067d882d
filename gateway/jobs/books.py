from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.catalogue import Catalogue
from gateway.events import EventHub
from gateway.images import ImageStore
from gateway.jobs.activity import Activity
from gateway.jobs.archive import Archive
from gateway.jobs.board import Board
from gateway.jobs.census import Census
from gateway.jobs.claims import Claims
from gateway.jobs.experience import Experience
from gateway.jobs.holdings import Holdings
from gateway.jobs.inventory import Inventory
from gateway.jobs.past import JobEvents
from gateway.jobs.store import JobStore
from gateway.jobs.switches import Switches
from gateway.metrics import Metrics
from gateway.results import Results
from gateway.tracing import Traces


@dataclass(frozen=True, slots=True)
class Books:
    """Where everything that happens to jobs is read and written."""

    store: JobStore
    claims: Claims
    events: JobEvents
    archive: Archive
    holdings: Holdings
    inventory: Inventory
    switches: Switches
    census: Census
    experience: Experience
    activity: Activity
    images: ImageStore
    results: Results
    board: Board
    hub: EventHub
    metrics: Metrics
    traces: Traces
    catalogues: Mapping[str, Catalogue]  # by capability
