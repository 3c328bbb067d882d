"""Who serves what at the moment, written down for the gateways (gateway/members.py reads it)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from limner.cluster.placement import SERVICES, Berth, Node
from limner.cluster.wanted import replace_file


def write_roll(path: Path, addresses: Mapping[Berth, str], nodes: Mapping[str, Node]) -> None:
    """Names the replicas that serve, by address, and which of them share a node of `nodes`."""
    named = {
        service: sorted(address for berth, address in addresses.items() if berth.service == service)
        for service in SERVICES
    }
    hosts = {address: nodes[berth.node].title for berth, address in addresses.items()}
    replace_file(path, json.dumps({**named, "hosts": hosts}))
