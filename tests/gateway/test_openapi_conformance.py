"""Random requests made from the OpenAPI document never break the gateway."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi import checks

from gateway.openapi import document
from gateway.settings import Settings
from tests.gateway.conftest import running_gateway
from tests.gateway.scripted import ScriptedArbiter, ScriptedService, serve_arbiter, serve_images
from tests.gateway.scripted_edit import ScriptedEdit, serve_edits
from tests.gateway.scripted_tiling import ScriptedTiling, serve_tiles

# The stream never ends; everything else answers.
schema: Any = cast("Any", schemathesis.openapi.from_dict(document())).exclude(path="/events")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running gateway with everything that it needs, in a thread of its own."""
    folder = tmp_path_factory.mktemp("g")
    address: Future[str] = Future()
    stop = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(folder, address, stop)))
    thread.start()
    try:
        yield address.result(timeout=60)
    finally:
        stop.set()
        thread.join()


async def _serve(folder: Path, address: Future[str], stop: threading.Event) -> None:
    settings = Settings(
        port=0,
        database=f"sqlite:///{folder}/jobs.db",
        images=f"{folder}/images",
        t2i=(f"unix:{folder}/t2i",),
        edit=(f"unix:{folder}/edit",),
        tiling=(f"unix:{folder}/tiling",),
        arbiter=f"unix:{folder}/arbiter",
        models_dir=folder / "models",
        frontend=folder / "page",
    )
    async with (
        serve_images(folder / "t2i", ScriptedService()),
        serve_edits(folder / "edit", ScriptedEdit()),
        serve_tiles(folder / "tiling", ScriptedTiling()),
        serve_arbiter(folder / "arbiter", ScriptedArbiter()),
        running_gateway(settings) as client,
    ):
        address.set_result(str(client.base_url))
        await asyncio.to_thread(stop.wait)


_SEEDED = settings(
    derandomize=True,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
    ],
)


@schema.parametrize()
@settings(_SEEDED, max_examples=5)
def test_any_request_is_answered_as_the_document_says(case: Any, url: str) -> None:
    _check(case, url)


@pytest.mark.long
@pytest.mark.timeout(1800)
@schema.parametrize()
@settings(_SEEDED, max_examples=200)
def test_hundreds_of_requests_are_answered_as_the_document_says(case: Any, url: str) -> None:
    _check(case, url)


def _check(case: Any, url: str) -> None:
    # A document cannot say which models there are and which sizes each of them takes.
    unknowable = cast("Any", checks).positive_data_acceptance
    case.call_and_validate(base_url=url, excluded_checks=[unknowable])
    if case.path == "/queue":
        # Else what answers with a finished picture would wait for ever.
        httpx.patch(f"{url}/queue", json={"paused": False}, verify=False).raise_for_status()


def test_nothing_but_the_stream_of_events_is_left_out() -> None:
    tested = {operation.ok().label for operation in schema.get_all_operations()}
    paths: dict[str, dict[str, Any]] = document()["paths"]
    told = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert told - tested == {"GET /events"}
    assert {
        "POST /generate/batch",
        "PUT /queue/order",
        "PATCH /jobs/{job_id}",
        "POST /v1/images/edits",
    } <= tested
