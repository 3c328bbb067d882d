from __future__ import annotations

import socket

import pytest

from limner.cli.addresses import check_port, studio_url
from limner.cli.failure import CommandFailed
from limner.cli.options import resolve


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://[::1]:8000"),
        ("studio.example", "http://studio.example:8000"),
    ],
)
def test_the_printed_address_can_be_opened(host: str, url: str) -> None:
    assert studio_url(host, 8000) == url


def test_a_taken_port_is_named_with_the_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CommandFailed, match=f"Port {port} on 127.0.0.1 is taken .* set LIMNER_PORT"):
            check_port("127.0.0.1", port)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(CommandFailed, match="not an address of this machine"):
        check_port("192.0.2.1", 8000)


@pytest.mark.parametrize(
    ("host", "is_loopback"), [("127.0.0.1", True), ("localhost", True), ("0.0.0.0", False)]
)
def test_it_is_told_whether_other_machines_reach_an_address(host: str, is_loopback: bool) -> None:
    assert check_port(host, 0) is is_loopback


def test_the_address_of_the_studio_comes_from_the_environment_unless_given() -> None:
    given = {"LIMNER_HOST": "0.0.0.0", "LIMNER_PORT": "8123"}
    assert resolve("", given) == "http://127.0.0.1:8123"
    assert resolve("http://far:1/", given) == "http://far:1"


def test_a_port_that_is_no_number_is_named() -> None:
    with pytest.raises(CommandFailed, match="LIMNER_PORT is 'many'"):
        resolve("", {"LIMNER_PORT": "many"})
