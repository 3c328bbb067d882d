"""Where the studio listens, and where to call it."""

from __future__ import annotations

import errno
import ipaddress
import socket

from limner.cli.failure import CommandFailed


def check_port(host: str, port: int) -> bool:
    """Tells whether only this machine reaches `host`; raises CommandFailed when nothing can listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            # As the gateway does: connections of a studio that has just ended do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise CommandFailed(_sentence(host, port, error)) from error
    return ipaddress.ip_address(address[0]).is_loopback


def studio_url(host: str, port: int) -> str:
    """Returns the address at which a program on this machine reaches a studio listening on `host`."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return f"http://{host}:{port}"
    if address.is_unspecified:
        address = ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")
    return f"http://[{address}]:{port}" if address.version == 6 else f"http://{address}:{port}"


def _sentence(host: str, port: int, error: OSError) -> str:
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine; set LIMNER_HOST, for example to 127.0.0.1."
    if error.errno == errno.EACCES:
        return f"Port {port} is reserved for the administrator; set LIMNER_PORT to one above 1023."
    return f"Port {port} on {host} is taken by another program; set LIMNER_PORT to a free one."
