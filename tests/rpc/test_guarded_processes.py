"""Whole services over TLS, and services that would rather not start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from limner.arbiter.v1.arbiter_pb2 import SnapshotRequest
from limner.arbiter.v1.arbiter_pb2_grpc import ArbiterServiceStub
from limner.channel import connect
from limner.edit.v1.edit_pb2 import EditImageRequest, Settings
from limner.edit.v1.edit_pb2_grpc import EditServiceStub
from tests.edit.drawing import message, scene
from tests.rpc.papers import TOKEN, Papers, issue
from tests.studio import until


@contextmanager
def starting(module: str, log: Path, settings: Mapping[str, str]) -> Generator[subprocess.Popen[bytes]]:
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", module], env={**os.environ, **settings}, stderr=file
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def address_of(log: Path, process: subprocess.Popen[bytes]) -> str:
    def serving() -> str | None:
        assert process.poll() is None, log.read_text()
        for line in log.read_text().splitlines():
            if '"serving"' in line:
                return json.loads(line)["address"]
        return None

    return until(serving, "the service", 60)


def guarded(prefix: str, papers: Papers) -> dict[str, str]:
    guard = papers.guard(papers.ca)
    return {
        f"{prefix}_LISTEN": "127.0.0.1:0",
        f"{prefix}_TLS_CERT": str(guard.cert),
        f"{prefix}_TLS_KEY": str(guard.key),
        f"{prefix}_TLS_CLIENT_CA": str(papers.ca),
        f"{prefix}_TOKENS_FILE": str(guard.tokens),
    }


def trusting(papers: Papers) -> dict[str, str]:
    trust = papers.trust(token=papers.token, shows_certificate=True)
    return {
        "LIMNER_TLS_CA": str(trust.tls_ca),
        "LIMNER_TLS_CERT": str(trust.tls_cert),
        "LIMNER_TLS_KEY": str(trust.tls_key),
        "LIMNER_GRPC_TOKEN_FILE": str(trust.grpc_token_file),
    }


async def test_a_caller_a_service_and_the_arbiter_speak_over_tls_with_tokens(tmp_path: Path) -> None:
    papers = issue(tmp_path / "papers")
    trust = papers.trust(token=papers.token, shows_certificate=True)
    logs = tmp_path / "arbiter.log", tmp_path / "edit.log"
    settings = {"LIMNER_ARBITER_RUN_DIR": str(tmp_path / "run"), **guarded("LIMNER_ARBITER", papers)}
    with starting("services.arbiter", logs[0], settings) as arbiter:
        arbiter_address = address_of(logs[0], arbiter)
        settings = {
            **guarded("LIMNER_EDIT", papers),
            **trusting(papers),
            "LIMNER_EDIT_ARBITER": arbiter_address,
            "LIMNER_EDIT_HOLDERS_DIR": str(tmp_path / "run" / "holders"),
        }
        with starting("services.edit", logs[1], settings) as service:
            settings_of_job = Settings(prompt="a red circle, white background", steps=2, seeds=[1])
            request = EditImageRequest(settings=settings_of_job, images=[message(scene())], strength=0.9)
            async with connect(address_of(logs[1], service), trust) as channel:
                # It takes a lease for this, by a session with the arbiter.
                call = EditServiceStub(channel).EditImage(request, timeout=100)
                events = [answer.event async for answer in call]
            assert any(event.HasField("result") for event in events)
        async with connect(arbiter_address, trust) as channel:
            await ArbiterServiceStub(channel).Snapshot(SnapshotRequest(), timeout=10)
    for log in logs:
        assert TOKEN not in log.read_text()


@pytest.mark.parametrize("service", ["arbiter", "t2i", "edit", "tiling"])
def test_a_service_that_would_be_open_to_all_does_not_start(service: str, tmp_path: Path) -> None:
    variable = f"LIMNER_{service.upper()}_LISTEN"
    answer = subprocess.run(
        [sys.executable, "-m", f"services.{service}"],
        env={**os.environ, variable: "0.0.0.0:0", "LIMNER_ARBITER_RUN_DIR": str(tmp_path / "run")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 1
    assert f"limner-{service} cannot start: {variable}: 0.0.0.0:0 can be reached" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (tmp_path / "run").exists()


def test_a_gateway_that_would_call_in_plain_text_does_not_start(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "gateway"],
        env={
            **os.environ,
            "LIMNER_GATEWAY_DATABASE": f"sqlite:///{tmp_path}/jobs.db",
            "LIMNER_GATEWAY_IMAGES": str(tmp_path / "images"),
            "LIMNER_GATEWAY_T2I": "studio.example:7011",
            "LIMNER_GATEWAY_PORT": "0",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 1
    assert "limner-gateway: What is sent to studio.example:7011 would leave this machine" in answer.stderr
