from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from limner.arbiter.v1.arbiter_pb2_grpc import ArbiterServiceStub
from limner.capability.v1.capability_pb2 import QuoteRequest
from limner.channel import connect
from services.pipelines import capability
from services.pipelines.replica import Replica
from services.pipelines.residence import Residence
from services.pipelines.stock import read_catalogue
from services.rpc.errors import ArbiterUnavailable
from services.t2i.servicer import quoted_need


async def test_a_quote_without_an_arbiter_says_that_it_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capability, "_PATIENCE_S", 0.2)
    nothing = cast("Any", None)
    need_of = partial(quoted_need, catalogue=read_catalogue(None))
    async with connect(f"unix:{tmp_path}/nobody.sock") as channel:
        replica = Replica(Residence(nothing, nothing))  # whose worker has not started
        servicer = capability.Capability(replica, nothing, nothing, need_of, ArbiterServiceStub(channel))
        with pytest.raises(ArbiterUnavailable, match="does not answer"):
            await servicer.Quote(QuoteRequest(), nothing)
