from __future__ import annotations

import pytest

from limner.endpoint import is_loopback, is_socket


@pytest.mark.parametrize(
    "address",
    [
        "localhost:7011",
        "LocalHost:0",
        "127.0.0.1:7011",
        "127.8.9.1:1",
        "[::1]:7011",
        "::1",
        "localhost",
        "dns:localhost:80",
        "dns:///localhost:80",
        "dns:///[::1]:80",
        "ipv4:127.0.0.1:80",
        "ipv4:127.0.0.1:80,127.0.0.2:81",
        "ipv6:[::1]:80",
    ],
)
def test_what_stays_on_this_machine(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0:7011",
        "[::]:7011",
        ":7011",
        "",
        "10.0.0.1:7011",
        "studio:7011",
        "localhost.example:7011",
        "127.0.0.1.example:7011",
        "dns:///studio:7011",
        "dns://10.0.0.1/localhost:80",
        "ipv4:127.0.0.1:80,10.0.0.1:81",
        "xds:///localhost:80",
        "unix-abstract:limner",
    ],
)
def test_what_may_be_overheard(address: str) -> None:
    assert not is_loopback(address)


def test_sockets_have_a_path() -> None:
    assert is_socket("unix:/run/limner/t2i.sock")
    assert not is_socket("unix-abstract:limner")
