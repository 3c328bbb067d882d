"""Which replicas serve what, now and from now on: a port with two adapters."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import structlog
from pydantic import TypeAdapter, ValidationError

from gateway.replicas import SERVICES, Service
from limner.endpoint import is_address, is_loopback, is_socket

log = structlog.get_logger(__name__)

# Asked for, not notified of: of a network's files and a config map's links inotify tells nothing.
_POLL_S = 0.25
_FILE: TypeAdapter[dict[str, list[str] | dict[str, str]]] = TypeAdapter(dict[str, list[str] | dict[str, str]])
_HOSTS = "hosts"
_FORM = 'it must be a JSON object of lists of addresses, like {"t2i": ["10.0.0.7:7011"]}'


@dataclass(frozen=True, slots=True)
class Membership:
    """All replicas that there are, and which of them are on one host."""

    addresses: Mapping[Service, frozenset[str]]
    hosts: Mapping[str, str] = field(default_factory=dict[str, str])  # by address, where they are told

    def host_of(self, address: str) -> str:
        """Returns the host whose cards a replica shares; its own address where nothing is known of others."""
        if address in self.hosts:
            return self.hosts[address]
        return address if is_socket(address) or is_loopback(address) else address.rpartition(":")[0]


class Members(Protocol):
    """Says who serves what."""

    @property
    def services(self) -> tuple[Service, ...]:
        """Those that the studio has, with replicas at the moment or not."""
        ...

    def watch(self) -> AsyncIterator[Membership]:
        """Yields all replicas that there are, at once and after every change; it never ends."""
        ...


@dataclass(frozen=True, slots=True)
class FixedMembers:
    """The replicas that settings name, whether they run or not."""

    addresses: Mapping[Service, frozenset[str]]

    @property
    def services(self) -> tuple[Service, ...]:
        """Those with an address."""
        return tuple(service for service, addresses in self.addresses.items() if addresses)

    async def watch(self) -> AsyncIterator[Membership]:
        """Yields the replicas, once."""
        yield Membership(self.addresses)
        await asyncio.Event().wait()


@dataclass(frozen=True, slots=True)
class FileMembers:
    """The replicas that a file names, like `{"t2i": ["10.0.0.7:7011"]}`; whoever starts them writes it.

    Beside the services it may say which addresses are on one host: `{"hosts": {"10.0.0.7:7011": "a"}}`.
    It is to be replaced as a whole (rename(2)). One that is gone or cannot be read changes nothing.
    """

    path: Path

    @property
    def services(self) -> tuple[Service, ...]:
        """All: what has no replica yet may have one later."""
        return SERVICES

    async def watch(self) -> AsyncIterator[Membership]:
        """Yields the replicas as often as the file names others."""
        read = await asyncio.to_thread(self._read)
        told = (self._parse(read) if read is not None else None) or Membership({})
        yield told
        while True:
            await asyncio.sleep(_POLL_S)
            data = await asyncio.to_thread(self._read)
            if data is None or data == read:
                continue
            read = data
            found = self._parse(data)
            if found is not None and found != told:
                told = found
                yield found

    def _read(self) -> bytes | None:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("replicas file cannot be read", path=str(self.path), reason=error.strerror)
            return None

    def _parse(self, data: bytes) -> Membership | None:
        try:
            return read_membership(data)
        except ValueError as error:
            log.warning(
                "replicas file is passed over",
                path=str(self.path),
                reason=str(error),
                next_step="mend it; until then the replicas stay that it named before",
            )
            return None


def read_membership(data: bytes) -> Membership:
    """Reads a replicas file. Raises ValueError, which names the key, the value and the fix."""
    try:
        given = _FILE.validate_python(json.loads(data))
    except (ValidationError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(_FORM) from error
    by_name = {service.name: service for service in SERVICES}
    for name, addresses in given.items():
        if name not in {*by_name, _HOSTS}:
            raise ValueError(f"{name!r} is no service; use {', '.join(by_name)}")
        if isinstance(addresses, dict) != (name == _HOSTS):
            raise ValueError(_FORM)
        for address in addresses:
            if not is_address(address):
                raise ValueError(f"{name} has {address!r}; use host:port or unix:/path")
    hosts = given.get(_HOSTS)
    replicas = {service: frozenset(given.get(name, ())) for name, service in by_name.items()}
    return Membership(replicas, hosts if isinstance(hosts, dict) else {})
