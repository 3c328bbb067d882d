from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from limner.arbiter.v1.arbiter_pb2_grpc import ArbiterServiceStub
from limner.capability.v1.capability_pb2 import DescribeMemoryRequest, QuoteRequest
from limner.channel import connect
from services.pipelines import capability
from services.pipelines.replica import Replica
from services.pipelines.residence import Residence
from services.pipelines.stock import read_catalogue
from services.rpc.errors import ArbiterUnavailable
from services.t2i.servicer import quoted_need


@pytest.fixture
async def lonely(tmp_path: Path) -> AsyncIterator[capability.Capability]:
    """What a front without an arbiter can say."""
    nothing = cast("Any", None)
    need_of = partial(quoted_need, catalogue=read_catalogue(None))
    async with connect(f"unix:{tmp_path}/nobody.sock") as channel:
        replica = Replica(Residence(nothing, nothing))  # whose worker has not started
        yield capability.Capability(replica, nothing, nothing, need_of, ArbiterServiceStub(channel))


async def test_a_quote_without_an_arbiter_says_that_it_does_not_answer(
    lonely: capability.Capability, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capability, "_PATIENCE_S", 0.2)
    with pytest.raises(ArbiterUnavailable, match="does not answer"):
        await lonely.Quote(QuoteRequest(), cast("Any", None))


async def test_of_memory_nothing_is_said_without_an_arbiter(lonely: capability.Capability) -> None:
    with pytest.raises(ArbiterUnavailable, match="does not answer"):
        await lonely.DescribeMemory(DescribeMemoryRequest(), cast("Any", None))
