"""What a gRPC address says about who can overhear it. Pure."""

from __future__ import annotations

import re
from ipaddress import ip_address


class Insecure(Exception):
    """A connection cannot be opened safely as it is set up; the message says why and what to do."""


_ADDRESS = re.compile(r"unix:/.+|(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}")


def is_address(address: str) -> bool:
    """Tells whether `address` names one place: `unix:/path` or `host:port`."""
    return _ADDRESS.fullmatch(address) is not None


def is_socket(address: str) -> bool:
    """Tells whether `address` is a unix socket with a path, and so guarded by the file system."""
    return address.startswith("unix:")


def is_loopback(address: str) -> bool:
    """Tells whether nothing sent to `address` leaves this machine; any name but localhost may."""
    target = address
    for scheme in ("dns:", "ipv4:", "ipv6:"):
        target = target.removeprefix(scheme)
    # The full form names a server to ask, `dns://server/host`, and what that one answers is anybody's guess.
    target = target.removeprefix("///")
    return all(_is_local(_host(each)) for each in target.split(","))


def _host(target: str) -> str:
    if target.startswith("["):
        return target[1:].partition("]")[0]
    host, _, _ = target.rpartition(":")
    # Without brackets a second colon makes it an IPv6 address without a port.
    return target if ":" in host or not host else host


def _is_local(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
