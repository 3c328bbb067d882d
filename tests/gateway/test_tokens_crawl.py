"""Every route that there is, with each kind of caller."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx

from gateway.openapi import document
from gateway.settings import Settings
from tests.gateway.callers import Callers, bearer, calling, issue
from tests.gateway.flow import finish
from tests.gateway.raw import exchange, request
from tests.gateway.scripted import ScriptedArbiter, ScriptedService
from tests.gateway.test_edit_routes import keep
from tests.gateway.test_gateway_process import base_url, start
from tests.gateway.test_uploads import halves, packed

Operation = tuple[str, str]

FREE = {("GET", "/healthz"), ("POST", "/session"), ("DELETE", "/session")}
# Not in the document, or nowhere at all: these, too, are said nothing about.
BESIDE = [("GET", "/openapi.json"), ("GET", "/docs"), ("GET", "/nowhere"), ("POST", "/"), ("PUT", "/healthz")]
# Of what is there no longer it is no error to delete it.
FORGETFUL = {("DELETE", "/history/{job_id}")}
# What is there for everybody.
COMMON = {("GET", "/v1/models/{model}")}
# What changes the studio for everybody: of these only the admin's token hears more than no.
ADMIN_ONLY = {("POST", "/models/{name}/download"), ("DELETE", "/models/{name}/download")}


def operations() -> list[Operation]:
    paths: dict[str, dict[str, Any]] = document()["paths"]
    found = [(method.upper(), path) for path, methods in paths.items() for method in methods]
    # What deletes comes last, the history at the very end.
    return sorted(found, key=lambda each: (each[0] == "DELETE", each[1].startswith("/history"), each))


async def ask(
    client: httpx.AsyncClient, operation: Operation, ids: dict[str, str], **headers: str
) -> tuple[int, str]:
    """Returns the status and the body; of a stream nothing of the latter."""
    method, path = operation
    url = re.sub(r"\{(\w+)\}", lambda found: ids.get(found[1], "unknown"), path)
    body: dict[str, str] | None = {} if method in {"POST", "PUT", "PATCH"} else None
    async with client.stream(method, url, headers=headers, json=body) as answer:
        is_endless = "event-stream" in answer.headers.get("content-type", "")
        return answer.status_code, "" if is_endless else (await answer.aread()).decode(errors="replace")


async def make(callers: Callers) -> dict[str, str]:
    """Returns the ids of what Ada makes, by the parameters that take them."""
    job = await finish(callers.ada)
    return {"job_id": job["id"], "image_id": await keep(callers.ada, packed(halves()))}


async def test_every_route_wants_a_token_and_shows_each_only_what_is_theirs(
    settings: Settings, service: ScriptedService, arbiter: ScriptedArbiter
) -> None:
    async with calling(settings) as callers:
        ids = await make(callers)
        unknown = {"job_id": "0197bb5c-0000-7000-8000-000000000000", "image_id": "0" * 64}
        for operation in [*operations(), *BESIDE]:
            is_free = operation in FREE
            for headers in ({}, bearer("lim_wrong"), {"Authorization": "Basic bGltOmxpbQ=="}):
                status, _ = await ask(callers.nobody, operation, ids, **headers)
                assert (status == 401) != is_free or operation == ("POST", "/session"), (operation, status)
            status, told = await ask(callers.bob, operation, ids)
            assert status not in {401, 500}, operation
            assert not any(own in told for own in ids.values()) or status == 404, (operation, told)
            if "{" in operation[1] and operation not in COMMON:
                assert status == (403 if operation in ADMIN_ONLY else 404) or operation in FORGETFUL, (
                    operation,
                    told,
                )
                same, other = await ask(callers.bob, operation, unknown)
                assert (status, masked(told)) == (same, masked(other)), operation
        for operation in operations():
            status, told = await ask(callers.ada, operation, ids)
            assert status not in {401, 500}, (operation, told)
            if "{" in operation[1] and operation not in COMMON:
                assert (status == 403) if operation in ADMIN_ONLY else (status < 300), (
                    operation,
                    status,
                    told,
                )


def masked(text: str) -> str:
    return re.sub(r"[0-9a-f-]{36,64}", "…", text)


async def test_a_refusal_is_a_problem_that_says_what_to_do(settings: Settings) -> None:
    async with calling(settings) as callers:
        missing = await callers.nobody.get("/jobs")
        assert missing.headers["Content-Type"] == "application/problem+json"
        assert missing.headers["WWW-Authenticate"] == "Bearer"
        assert missing.json()["code"] == "TOKEN_MISSING"
        assert "limner token add" in missing.json()["detail"]
        wrong = await callers.nobody.get("/jobs", headers=bearer("lim_wrong"))
        assert wrong.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
        assert wrong.json()["code"] == "TOKEN_REFUSED"
        assert "lim_wrong" not in wrong.text
        twice = [("Authorization", f"Bearer {callers.secrets['ada']}")] * 2
        assert (await callers.nobody.get("/jobs", headers=twice)).status_code == 401


async def test_who_has_no_token_is_refused_before_the_body_is_read(settings: Settings) -> None:
    async with calling(settings) as callers:
        head = request("POST /images HTTP/1.1", "Host: localhost", "Content-Length: 40000000")
        assert (await exchange(callers.nobody, head)).startswith("HTTP/1.1 401 ")


async def test_the_page_itself_needs_no_token(settings: Settings) -> None:
    page: Path = settings.frontend
    (page / "assets").mkdir(parents=True)
    (page / "index.html").write_text("<h1>Limner</h1>")
    (page / "limner.svg").write_text("<svg/>")
    (page / "assets" / "index-1.js").write_text("1")
    (page.parent / "treasure.txt").write_text("gold")
    async with calling(settings) as callers:
        for path in ("/", "/index.html", "/limner.svg", "/assets/index-1.js"):
            assert (await callers.nobody.get(path)).status_code == 200, path
        for path in (
            "/assets/../jobs",
            "/assets/%2e%2e/jobs",
            "/assets/%2e%2e/%2e%2e/treasure.txt",
            "/assets/..%2fjobs",
        ):
            answer = await callers.nobody.get(path)
            assert answer.status_code in {401, 404}, path
            assert "gold" not in answer.text


async def test_no_secret_gets_into_the_log(settings: Settings, service: ScriptedService) -> None:
    secret, wrong = issue(settings, "ada"), "lim_guessed-by-somebody-else"
    process = await start(settings)
    async with httpx.AsyncClient(base_url=await base_url(process), timeout=60) as client:
        for headers in (bearer(secret), bearer(wrong), {"Cookie": f"limner_session={wrong}"}):
            await client.get("/jobs", headers=headers)
            await client.get("/jobs/%00", headers=headers)
            await client.post("/generate/text-to-image", content=b"{", headers=headers)
        for token in (secret, wrong):
            await client.post("/session", json={"token": token})
        client.headers.update(bearer(secret))
        await finish(client)
    process.terminate()
    _, said = await process.communicate()
    assert b"job ended" in said
    assert secret.encode() not in said
    assert wrong.encode() not in said


async def test_without_tokens_anybody_on_this_machine_is_let_in(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    assert (await client.get("/jobs")).status_code == 200
    assert (await client.get("/jobs", headers=bearer("anything"))).status_code == 200
