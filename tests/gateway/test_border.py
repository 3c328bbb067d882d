"""What strangers send: hosts, origins, smuggled and trickling requests, paths that lead elsewhere."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from gateway.openapi import document
from gateway.settings import Settings
from tests.gateway.callers import bearer, calling
from tests.gateway.conftest import running_gateway
from tests.gateway.raw import exchange, request

APP = "https://app.example"


@pytest.fixture
async def open_client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """Of a gateway that is known by other names and to another site."""
    changes = {"allowed_hosts": "studio.example,192.0.2.7", "allowed_origins": APP, "body_patience_s": 0.3}
    changed = Settings.model_validate(settings.model_dump() | changes)
    async with running_gateway(changed) as client:
        yield client


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST", "studio.example:443", "192.0.2.7"]
)
async def test_names_that_are_allowed_are_answered(open_client: httpx.AsyncClient, host: str) -> None:
    assert (await open_client.get("/healthz", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "studio.example.evil.example",
        "a@localhost",
        "localhost/",
        "localhost:x",
        "[::1",
        "",
        "127.1",
    ],
)
async def test_another_host_is_refused(open_client: httpx.AsyncClient, host: str) -> None:
    answer = await open_client.get("/healthz", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "WRONG_HOST")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://[", "https://app.example.evil", ""]
)
async def test_another_sites_page_is_refused(open_client: httpx.AsyncClient, origin: str) -> None:
    answer = await open_client.get("/jobs", headers={"Origin": origin})
    assert (answer.status_code, answer.json()["code"]) == (403, "WRONG_ORIGIN")
    assert "access-control-allow-origin" not in answer.headers


async def test_no_other_site_may_call_unless_the_settings_say_so(client: httpx.AsyncClient) -> None:
    assert (await client.get("/jobs", headers={"Origin": APP})).status_code == 403
    ask = {"Origin": APP, "Access-Control-Request-Method": "GET"}
    assert (await client.options("/jobs", headers=ask)).status_code == 403
    own = str(client.base_url).rstrip("/")
    assert (await client.get("/jobs", headers={"Origin": own})).status_code == 200


async def test_an_allowed_site_may_call_with_a_token_but_not_with_the_pages_cookie(
    settings: Settings,
) -> None:
    changed = Settings.model_validate(settings.model_dump() | {"allowed_origins": APP})
    async with calling(changed) as callers:
        ask = {
            "Origin": APP,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization",
        }
        asked = await callers.nobody.options("/generate/text-to-image", headers=ask)
        assert asked.status_code == 200
        assert asked.headers["access-control-allow-origin"] == APP
        assert "access-control-allow-credentials" not in asked.headers
        secret = callers.secrets["ada"]
        answer = await callers.nobody.get("/jobs", headers={"Origin": APP} | bearer(secret))
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, APP)
        cookie = {"Cookie": f"limner_session={secret}"}
        refused = await callers.nobody.get("/jobs", headers={"Origin": APP} | cookie)
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, APP)
        assert (await callers.nobody.get("/jobs", headers=cookie)).status_code == 200


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("allowed_hosts", "https://studio.example", "without scheme and port"),
        ("allowed_hosts", "studio.example:443", "without scheme and port"),
        ("allowed_origins", "*", "is no origin"),
        ("allowed_origins", "https://app.example/", "is no origin"),
    ],
)
def test_wrong_names_are_refused_with_the_form(field: str, value: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Settings.model_validate({field: value})


SMUGGLED = [
    ("Host: localhost", "Host: evil.example"),
    ("Host: localhost", "Content-Length: 2", "Content-Length: 40"),
    ("Host: localhost", "Content-Length: 2", "Transfer-Encoding: chunked"),
    ("Host: localhost", "Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
    ("Host: localhost", "Transfer-Encoding: xchunked"),
    ("Host: localhost", "Content-Length: -2"),
    ("Host: localhost", "Content-Length: 2, 2"),
    ("Host: localhost", "Content-Length : 2"),
    ("Host: localhost", "Origin: http://localhost", "Origin: http://evil.example"),
    ("Host: localhost", "X-Folded: a\r\n Host: evil.example"),
]


@pytest.mark.parametrize("headers", SMUGGLED)
async def test_a_request_that_can_be_read_in_two_ways_is_not_answered(
    client: httpx.AsyncClient, headers: tuple[str, ...]
) -> None:
    head = ("POST /queue/clear HTTP/1.1", *headers)
    hidden = b"{}GET /jobs HTTP/1.1\r\nHost: localhost\r\n\r\n"
    said = await exchange(client, request(*head, body=hidden))
    assert said.startswith("HTTP/1.1 400 "), said
    assert said.count("HTTP/1.1") == 1, said


async def test_an_upgrade_is_no_way_past_the_border(client: httpx.AsyncClient) -> None:
    headers = (
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    )
    said = await exchange(
        client,
        request("GET /jobs HTTP/1.1", "Host: evil.example", *headers).replace(
            b": close", b": Upgrade, close"
        ),
    )
    assert said.startswith("HTTP/1.1 421 "), said


async def test_a_body_that_trickles_ends_in_time(open_client: httpx.AsyncClient) -> None:
    for path, kind in (("/images", "image/png"), ("/queue/order", "application/json")):
        method = "POST" if path == "/images" else "PUT"
        head = request(
            f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Type: {kind}", "Content-Length: 1000"
        )
        said = await exchange(open_client, head.replace(b"Connection: close\r\n", b""), trickle=b"{" * 900)
        assert said.startswith("HTTP/1.1 408 "), said
        assert "connection: close" in said.lower()
        assert '"code":"REQUEST_TIMEOUT"' in said


async def test_a_body_in_time_may_be_followed_by_a_long_wait(open_client: httpx.AsyncClient) -> None:
    answer = await open_client.post(
        "/generate/text-to-image", json={"prompt": "x"}, headers={"Prefer": "wait=1"}
    )
    assert answer.status_code == 202


TRAVERSALS = [
    "..",
    "../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "%252e%252e%252fetc%252fpasswd",
    "..%5c..%5cetc%5cpasswd",
    "..;/etc/passwd",
    "%c0%ae%c0%ae/etc/passwd",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "jobs.db%00.png",
    "....//....//etc/passwd",
    "file:%2f%2f%2fetc%2fpasswd",
]


@pytest.mark.parametrize("path", TRAVERSALS)
async def test_no_path_leads_out_of_the_studio(client: httpx.AsyncClient, path: str) -> None:
    paths: dict[str, dict[str, Any]] = document()["paths"]
    places = {
        (method.upper(), re.sub(r"\{\w+\}", path, each))
        for each, found in paths.items()
        for method in found
        if "{" in each
    }
    places |= {("GET", f"{prefix}/{path}") for prefix in ("", "/assets", "/images", "/session")}
    for method, place in sorted(places):
        head = request(
            f"{method} {place} HTTP/1.1",
            "Host: localhost",
            "Content-Length: 2",
            "Content-Type: application/json",
            body=b"{}",
        )
        said = await exchange(client, head)
        status = int(said.split(" ", 2)[1])
        assert status in {204, 400, 404, 405, 422}, (method, place, said)
        assert "root:" not in said
        assert "SQLite" not in said


async def test_every_answer_has_the_security_headers(open_client: httpx.AsyncClient) -> None:
    for answer in (
        await open_client.get("/healthz"),
        await open_client.get("/nowhere"),
        await open_client.get("/jobs", headers={"Host": "evil.example"}),
        await open_client.get("/jobs", headers={"Origin": "https://evil.example"}),
    ):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "DENY"
