"""Who is let in over TCP: real servers, real TLS."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import pytest
import structlog
from grpc import aio
from grpc_health.v1 import health_pb2

from limner.capability.v1.capability_pb2 import DescribeRequest, DescribeResponse
from limner.capability.v1.capability_pb2_grpc import (
    CapabilityServiceServicer,
    CapabilityServiceStub,
    add_CapabilityServiceServicer_to_server,
)
from limner.channel import connect
from limner.endpoint import Insecure
from limner.failure import read_failure
from limner.trust import Trust
from services.rpc.guard import Guard
from services.rpc.server import open_server
from tests.rpc.papers import TOKEN, Papers, issue

NAME = "limner.capability.v1.CapabilityService"


class Answering(CapabilityServiceServicer):
    async def Describe(self, request: DescribeRequest, context: object) -> DescribeResponse:
        return DescribeResponse(running_jobs=7)


@asynccontextmanager
async def serving(guard: Guard | None, address: str = "127.0.0.1:0") -> AsyncGenerator[str]:
    register = partial(add_CapabilityServiceServicer_to_server, Answering())
    async with open_server(address, [register], [NAME], guard=guard, grace_s=0) as bound:
        yield bound


@pytest.fixture
def papers(tmp_path: Path) -> Papers:
    return issue(tmp_path / "papers")


async def describe(address: str, trust: Trust | None) -> int:
    async with connect(address, trust) as channel:
        return (await CapabilityServiceStub(channel).Describe(DescribeRequest(), timeout=10)).running_jobs


async def refusal(address: str, trust: Trust | None) -> aio.AioRpcError:
    with pytest.raises(aio.AioRpcError) as caught:
        await describe(address, trust)
    return caught.value


async def test_the_right_token_under_the_right_authority_is_let_in(papers: Papers) -> None:
    async with serving(papers.guard()) as address:
        assert await describe(address, papers.trust(token=papers.token)) == 7


@pytest.mark.parametrize(
    ("sent", "says"), [(None, "carries no token"), ("another-token", "none of this service's")]
)
async def test_without_the_right_token_nothing_is_answered(
    papers: Papers, sent: str | None, says: str
) -> None:
    token = None if sent is None else papers.write_token("wrong", sent)
    async with serving(papers.guard()) as address:
        failure = read_failure(await refusal(address, papers.trust(token=token)))
    assert (failure.code, failure.reason) == (grpc.StatusCode.UNAUTHENTICATED, "UNAUTHENTICATED")
    assert says in failure.message


@pytest.mark.parametrize(
    "method",
    [f"/{NAME}/Nothing", "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", "/no.Such/Thing"],
)
async def test_a_stranger_does_not_even_learn_what_there_is(papers: Papers, method: str) -> None:
    async with serving(papers.guard()) as address, connect(address, papers.trust()) as channel:
        with pytest.raises(aio.AioRpcError) as caught:
            # It says nothing, and is refused without having to.
            async for _ in channel.stream_stream(method)(_silence(), timeout=10):
                pass
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def _silence() -> AsyncGenerator[bytes]:
    await asyncio.Event().wait()
    yield b""


async def test_health_is_for_everybody(papers: Papers) -> None:
    async with serving(papers.guard()) as address, connect(address, papers.trust()) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=health_pb2.HealthCheckRequest.SerializeToString,
            response_deserializer=health_pb2.HealthCheckResponse.FromString,
        )
        answer = await check(health_pb2.HealthCheckRequest(service=NAME), timeout=10)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_a_service_of_another_authority_is_not_believed(papers: Papers, tmp_path: Path) -> None:
    stranger = issue(tmp_path / "stranger")
    async with serving(stranger.guard()) as address:
        error = await refusal(address, papers.trust(token=papers.token))
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    assert "CERTIFICATE_VERIFY_FAILED" in str(error.details())


async def test_a_guarded_service_answers_no_plain_text(papers: Papers) -> None:
    async with serving(papers.guard()) as address:
        assert (await refusal(address, None)).code() is grpc.StatusCode.UNAVAILABLE


async def test_where_certificates_are_demanded_none_but_the_right_one_is_let_in(
    papers: Papers, tmp_path: Path
) -> None:
    stranger = issue(tmp_path / "stranger")
    async with serving(papers.guard(papers.ca)) as address:
        shown = papers.trust(token=papers.token, shows_certificate=True)
        assert await describe(address, shown) == 7
        hidden = papers.trust(token=papers.token)
        assert (await refusal(address, hidden)).code() is grpc.StatusCode.UNAVAILABLE
        foreign = stranger.trust(token=papers.token, shows_certificate=True)
        foreign = foreign.model_copy(update={"tls_ca": papers.ca})
        assert (await refusal(address, foreign)).code() is grpc.StatusCode.UNAVAILABLE


async def test_a_certificate_does_not_stand_in_for_a_token(papers: Papers) -> None:
    async with serving(papers.guard(papers.ca)) as address:
        error = await refusal(address, papers.trust(shows_certificate=True))
    assert error.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_tokens_change_without_a_restart_on_either_side(papers: Papers) -> None:
    trust = papers.trust(token=papers.token)
    async with serving(papers.guard()) as address, connect(address, trust) as channel:
        service = CapabilityServiceStub(channel)
        papers.admit(TOKEN, "the-next-one")
        await service.Describe(DescribeRequest(), timeout=10)
        papers.write_token("token", "the-next-one")
        await service.Describe(DescribeRequest(), timeout=10)
        papers.admit("the-next-one")
        await service.Describe(DescribeRequest(), timeout=10)
        papers.write_token("token", TOKEN)
        with pytest.raises(aio.AioRpcError) as caught:
            await service.Describe(DescribeRequest(), timeout=10)
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_tokens_that_cannot_be_read_let_nobody_in(papers: Papers) -> None:
    async with serving(papers.guard()) as address:
        (papers.folder / "tokens").unlink()
        error = await refusal(address, papers.trust(token=papers.token))
    assert error.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_a_new_certificate_is_shown_without_a_restart_and_a_broken_one_is_not(
    papers: Papers, tmp_path: Path
) -> None:
    renewed = issue(tmp_path / "renewed")
    async with serving(papers.guard()) as address:
        (papers.folder / "server.pem").write_bytes((renewed.folder / "server.pem").read_bytes())
        assert await describe(address, papers.trust(token=papers.token)) == 7  # the key is still the old one
        (papers.folder / "server-key.pem").write_bytes((renewed.folder / "server-key.pem").read_bytes())
        assert await describe(address, renewed.trust(token=papers.token)) == 7


async def test_no_secret_gets_into_the_log_or_into_an_error(papers: Papers, tmp_path: Path) -> None:
    wrong = "another-token-that-must-not-be-seen"
    # The digest is no secret, but somebody may put the token itself there by mistake.
    misplaced = tmp_path / "misplaced"
    misplaced.write_text(TOKEN)
    said: list[Any] = []
    with structlog.testing.capture_logs() as logged:
        async with serving(papers.guard()) as address:
            await describe(address, papers.trust(token=papers.token))
            said.append(await refusal(address, papers.trust(token=papers.write_token("wrong", wrong))))
            papers.write_token("wrong", f"{wrong} {wrong}")
            with pytest.raises(Insecure) as unreadable:
                await describe(address, papers.trust(token=papers.folder / "wrong"))
            (papers.folder / "tokens").write_text(TOKEN)
            said.append(await refusal(address, papers.trust(token=papers.token)))
        with pytest.raises(Insecure) as refused:
            async with serving(replace(papers.guard(), tokens=misplaced)):
                pass
    said += [unreadable.value, refused.value]
    text = json.dumps(logged, default=repr) + "".join(map(repr, said))
    assert [entry["event"] for entry in logged].count("caller refused") == 2
    assert TOKEN not in text
    assert wrong not in text
    assert (papers.folder / "server-key.pem").read_text().splitlines()[1] not in text


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "studio.example:7011", "dns:///studio:7011"])
async def test_plain_text_is_not_served_to_other_machines(address: str) -> None:
    with pytest.raises(Insecure, match="TLS_CERT, TLS_KEY and TOKENS_FILE"):
        async with serving(None, address):
            pass


async def test_plain_text_stays_possible_on_this_machine() -> None:
    async with serving(None) as address:
        assert await describe(address, None) == 7


async def test_a_socket_takes_no_tls(papers: Papers, tmp_path: Path) -> None:
    with pytest.raises(Insecure, match="guarded by its file mode"):
        async with serving(papers.guard(), f"unix:{tmp_path}/s"):
            pass


async def test_a_socket_where_others_may_write_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(Insecure, match="mode 0777"):
        async with serving(None, f"unix:{folder}/s"):
            pass
    folder.chmod(0o700)
    async with serving(None, f"unix:{folder}/s") as address:
        assert (folder / "s").stat().st_mode & 0o777 == 0o600
        assert await describe(address, None) == 7


@pytest.mark.parametrize("missing", ["cert", "key", "tokens", "client_ca"])
async def test_an_unreadable_file_is_named_at_the_start(papers: Papers, missing: str) -> None:
    guard = replace(papers.guard(papers.ca), **{missing: papers.folder / "absent"})
    with pytest.raises(Insecure, match="absent"):
        async with serving(guard):
            pass
