"""Who serves what at the moment, written down for the gateways (gateway/members.py reads it)."""

from __future__ import annotations

import json
from pathlib import Path

from limner.cluster.placement import SERVICES, Berth
from limner.cluster.wanted import replace_file


class Roll:
    """A file of the addresses of each service's replicas and of their nodes, as they come and go."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._addresses: dict[Berth, str] = {}
        self._write()

    def enter(self, berth: Berth, address: str) -> None:
        """Names a replica that serves."""
        if self._addresses.get(berth) != address:
            self._addresses[berth] = address
            self._write()

    def leave(self, berth: Berth) -> None:
        """Names a replica no longer, if it was."""
        if self._addresses.pop(berth, None) is not None:
            self._write()

    def _write(self) -> None:
        named = {
            service: sorted(a for berth, a in self._addresses.items() if berth.service == service)
            for service in SERVICES
        }
        hosts = {address: berth.node for berth, address in self._addresses.items()}
        replace_file(self._path, json.dumps({**named, "hosts": hosts}))
