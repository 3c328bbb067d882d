"""Who is let in over TCP: real servers, real TLS."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
import structlog
from grpc import aio
from grpc_health.v1 import health_pb2

from limner.capability.v1.capability_pb2 import DescribeRequest
from limner.capability.v1.capability_pb2_grpc import CapabilityServiceStub
from limner.channel import connect
from limner.endpoint import Insecure
from limner.failure import read_failure
from tests.rpc.guarded import NAME, describe, refusal, serving
from tests.rpc.papers import TOKEN, Papers, issue


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
        # It says nothing, and is refused without having to.
        call = cast("Any", channel).stream_stream(method)(_silence(), timeout=10)
        with pytest.raises(aio.AioRpcError) as caught:
            await call.read()
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


async def test_where_addresses_come_and_go_services_are_known_by_one_name(
    papers: Papers, tmp_path: Path
) -> None:
    elsewhere = issue(tmp_path / "elsewhere", "nodes.limner")
    async with serving(elsewhere.guard()) as address:
        trust = elsewhere.trust(token=elsewhere.token)
        assert (await refusal(address, trust)).code() is grpc.StatusCode.UNAVAILABLE
        named = trust.model_copy(update={"tls_server_name": "nodes.limner"})
        assert await describe(address, named) == 7
        other = trust.model_copy(update={"tls_server_name": "others.limner"})
        assert (await refusal(address, other)).code() is grpc.StatusCode.UNAVAILABLE


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
