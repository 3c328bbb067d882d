from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway.settings import Settings
from tests.gateway.conftest import running_gateway
from tests.gateway.flow import finish, submit
from tests.gateway.scripted import ScriptedArbiter, ScriptedService


async def test_a_complete_studio_is_ready_and_gives_the_ticket_back(
    service: ScriptedService, arbiter: ScriptedArbiter, client: httpx.AsyncClient
) -> None:
    answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert [part["name"] for part in answer.json()["parts"]] == ["database", "t2i", "arbiter"]
    assert arbiter.released == [7]


async def test_readiness_names_the_missing_part(arbiter: ScriptedArbiter, client: httpx.AsyncClient) -> None:
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "NOT_READY"
    assert {part["name"]: part["ready"] for part in problem["parts"]} == {
        "database": True,
        "t2i": False,
        "arbiter": True,
    }


async def test_an_arbiter_that_refuses_tickets_is_not_ready(
    service: ScriptedService, arbiter: ScriptedArbiter, client: httpx.AsyncClient
) -> None:
    arbiter.refusal = "The device is draining."
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert "The device is draining." in answer.json()["detail"]


async def test_health_needs_nobody_else(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "ok"}


async def test_the_book_of_the_arbiter_is_shown(arbiter: ScriptedArbiter, client: httpx.AsyncClient) -> None:
    gpu = (await client.get("/gpu")).json()
    assert gpu["devices"][0]["id"] == "cpu:0"
    assert gpu["leases"][0]["state"] == "resident"
    assert gpu["leases"][0]["charges"][0]["resident_bytes"] == 5
    assert gpu["leases"][0]["granted_at"] == "2027-01-15T08:00:00Z"


async def test_without_an_arbiter_its_book_is_unavailable(client: httpx.AsyncClient) -> None:
    answer = await client.get("/gpu")
    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_capabilities_come_from_the_service(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    capability = (await client.get("/capabilities")).json()["capabilities"][0]
    assert (capability["name"], capability["available"]) == ("t2i", True)
    assert capability["models"][0]["default_steps"] == 20
    assert capability["features"] == [{"name": "text_to_image", "enabled": True, "reason": None}]


async def test_a_service_that_is_down_disables_its_features_and_says_why(client: httpx.AsyncClient) -> None:
    capability = (await client.get("/capabilities")).json()["capabilities"][0]
    assert not capability["available"]
    assert "not answering" in capability["features"][0]["reason"]


async def test_history_pages_through_everything_once(
    service: ScriptedService, client: httpx.AsyncClient
) -> None:
    ids = [(await submit(client))["id"] for _ in range(5)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = (
            await client.get("/jobs", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        ).json()
        seen += [job["id"] for job in page["jobs"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ids[::-1]


async def test_history_can_be_filtered_by_status(client: httpx.AsyncClient) -> None:
    cancelled, queued = (await submit(client))["id"], (await submit(client))["id"]
    await client.delete(f"/jobs/{cancelled}")
    page = (await client.get("/jobs?status=cancelled&status=failed")).json()
    assert [job["id"] for job in page["jobs"]] == [cancelled]
    page = (await client.get("/jobs?status=queued")).json()
    assert [job["id"] for job in page["jobs"]] == [queued]


@pytest.mark.parametrize("query", ["status=done", "cursor=x", "limit=0", "limit=1000", "cursor=%00"])
async def test_a_wrong_query_is_explained(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"/jobs?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"].startswith(f"query.{query.partition('=')[0]}")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/jobs/nothing", 404),
        ("DELETE", "/jobs/nothing", 404),
        ("GET", "/jobs/nothing/events", 404),
        ("GET", "/images/" + "0" * 64, 404),
        ("GET", "/images/..%2F..%2Fjobs.db", 404),
        ("GET", "/nowhere", 404),
        ("PUT", "/jobs", 405),
        ("GET", "/generate/text-to-image", 405),
    ],
)
async def test_what_is_not_there_is_a_problem(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status


async def test_an_image_may_be_kept_for_ever(service: ScriptedService, client: httpx.AsyncClient) -> None:
    image = (await finish(client))["images"][0]
    answer = await client.get(image["url"])
    assert answer.headers["Content-Type"] == "image/png"
    assert "immutable" in answer.headers["Cache-Control"]
    again = await client.get(image["url"], headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.fixture
async def paged(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway whose page is built."""
    _build_page(settings.frontend)
    async with running_gateway(settings) as client:
        yield client


def _build_page(folder: Path) -> None:
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Limner</title>")
    (folder / "assets" / "index-abc.js").write_text("export {}")


async def test_the_page_is_served_with_its_files(paged: httpx.AsyncClient) -> None:
    assert "Limner" in (await paged.get("/")).text
    script = await paged.get("/assets/index-abc.js")
    assert "immutable" in script.headers["Cache-Control"]
    assert script.headers["Content-Type"].startswith("text/javascript")


async def test_a_deep_link_is_the_page_but_an_unknown_call_is_not(paged: httpx.AsyncClient) -> None:
    link = await paged.get("/gallery/7", headers={"Accept": "text/html"})
    assert (link.status_code, link.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert (await paged.get("/gallery/7", headers={"Accept": "application/json"})).status_code == 404
    assert (await paged.get("/assets/gone.js")).status_code == 404


async def test_a_page_that_is_not_built_says_how_to_build_it(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    assert answer.status_code == 200
    assert "make page" in answer.text


async def test_the_page_may_load_nothing_from_elsewhere(paged: httpx.AsyncClient) -> None:
    headers = (await paged.get("/")).headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "", "127.0.0.1.evil.example", "[::1"])
async def test_another_name_for_this_machine_is_refused(client: httpx.AsyncClient, host: str) -> None:
    answer = await client.get("/healthz", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (421, "WRONG_HOST")


@pytest.mark.parametrize("host", ["localhost", "localhost:9000", "[::1]:80", "127.0.0.1"])
async def test_every_loopback_name_is_answered(client: httpx.AsyncClient, host: str) -> None:
    assert (await client.get("/healthz", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
async def test_a_page_of_another_origin_may_not_call(client: httpx.AsyncClient, origin: str) -> None:
    answer = await client.post("/generate/text-to-image", json={"prompt": "x"}, headers={"Origin": origin})
    assert (answer.status_code, answer.json()["code"]) == (403, "WRONG_ORIGIN")


async def test_the_own_page_may_call(client: httpx.AsyncClient) -> None:
    origin = str(client.base_url).rstrip("/")
    answer = await client.post("/generate/text-to-image", json={"prompt": "x"}, headers={"Origin": origin})
    assert answer.status_code == 202
