"""The arbiter beside a bare grpc.aio echo, its decision core, and its schedules beside their optima.

`python -m benchmarks.arbiter`; takes some minutes.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import mean, median, quantiles
from typing import Any, NoReturn

import grpc
import structlog
from grpc import aio

from benchmarks.eviction import measure_eviction
from benchmarks.table import Row, report
from limner.arbiter.v1 import arbiter_pb2 as pb
from limner.arbiter.v1.arbiter_pb2_grpc import add_ArbiterServiceServicer_to_server
from limner.channel import connect
from services.arbiter import requests as rq
from services.arbiter.batches import TimeLimitedBatches
from services.arbiter.core import Core
from services.arbiter.demands import Alternative, Charge
from services.arbiter.engine import Engine
from services.arbiter.journal import Journal
from services.arbiter.leases import Key
from services.arbiter.ledger import Device
from services.arbiter.records import Past
from services.arbiter.servicer import Arbiter
from services.arbiter.tickets import Ticket
from services.arbiter.vigil import Limits
from services.rpc.translation import TranslateErrors
from tests.arbiter.holder import MIB, Holder, session, to_stub
from tests.arbiter.schedules import FirstComeFirstServed, Simulation, read_traces

_ROUNDS = 1500
_HOLDERS = 16
_QUEUED = 200
_FOR_EVER_S = 1e6
_ECHO = "limner.bench.Echo"


def main() -> None:
    rows = [*asyncio.run(_measure_sessions()), _measure_core(), *_measure_schedules(), *measure_eviction()]
    report("arbiter", rows, "python -m benchmarks.arbiter")


# --- sessions ---


async def _measure_sessions() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="arb") as folder:
        server = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks.arbiter", "serve", folder, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            return await _compare(folder)
        finally:
            server.kill()
            await server.wait()


async def _compare(folder: str) -> list[Row]:
    async with AsyncExitStack() as stack:
        channel = await stack.enter_async_context(connect(f"unix:{folder}/arbiter.sock"))
        bare = await stack.enter_async_context(connect(f"unix:{folder}/echo.sock"))
        async with asyncio.timeout(30):
            await channel.channel_ready()
            await bare.channel_ready()
        stub = to_stub(channel)
        holders = [await stack.enter_async_context(session(stub, f"h{n}")) for n in range(_HOLDERS)]
        for holder in holders:
            await holder.hello(pid=os.getpid())
        token = await holders[0].take("warm", 100, 10)
        echo = bare.stream_stream(
            f"/{_ECHO}/Echo", pb.SessionRequest.SerializeToString, pb.SessionRequest.FromString
        )()
        acquiring = await _alternate(echo, lambda: _acquire(holders[1]))
        for number in range(_QUEUED):
            await holders[2 + number % (_HOLDERS - 2)].acquire(f"q{number}", 950)
        beginning = await _alternate(echo, lambda: _begin(holders[0], token))
        echo.cancel()
    return [
        _ratio("Begin on a warm lease ÷ echo, p50", beginning, 50, 1.4),
        _ratio("Begin on a warm lease ÷ echo, p99", beginning, 99, 2.5),
        _ratio("Acquire → ConfirmAccepted ÷ echo, p50", acquiring, 50, 3.0),
    ]


Pairs = list[tuple[float, float]]


async def _alternate(echo: Any, ours: Callable[[], Awaitable[float]]) -> Pairs:
    """Times the echo and ours in turn, so that a busy machine slows both."""
    pairs: Pairs = []
    for _ in range(_ROUNDS):
        # The first one waits for what ours left behind, an End for example, and is not counted.
        await _echo_once(echo)
        echo_s = await _echo_once(echo)
        pairs.append((echo_s, await ours()))
    return pairs


async def _echo_once(echo: Any) -> float:
    began_s = time.perf_counter()
    await echo.write(pb.SessionRequest(holder="h", incarnation="1", begin=pb.Begin(token=1, job="job")))
    await echo.read()
    return time.perf_counter() - began_s


async def _begin(holder: Holder, token: int) -> float:
    began_s = time.perf_counter()
    await holder.begin(token)
    taken_s = time.perf_counter() - began_s
    await holder.end(token)
    return taken_s


async def _acquire(holder: Holder) -> float:
    began_s = time.perf_counter()
    await holder.acquire(f"t{began_s}", 10)
    offer = await holder.hear("offer")
    await holder.say(confirm=pb.Confirm(token=offer.token))
    await holder.hear("confirm_accepted")
    taken_s = time.perf_counter() - began_s
    await holder.release(offer.token)
    return taken_s


def _ratio(name: str, pairs: Pairs, percent: int, target: float) -> Row:
    echo_s, ours_s = (quantiles(column, n=100)[percent - 1] for column in zip(*pairs, strict=True))
    return Row(
        f"{name} ({echo_s * 1e3:.2f} ms)", ours_s / echo_s, f"≤ {target}", ours_s / echo_s <= target, "×"
    )


async def _serve(folder: Path) -> NoReturn:
    """Runs the arbiter and the echo in one process, each on its own socket."""
    (folder / "holders").mkdir()
    with Journal(folder / "ledger", "boot") as journal:
        device = Device("cpu:0", "", 1000 * MIB, 1000 * MIB)
        limits = Limits(_FOR_EVER_S, _FOR_EVER_S, _FOR_EVER_S)
        core = Core([device], journal.past, time.monotonic(), TimeLimitedBatches(), limits=limits)
        engine = Engine(core, journal, folder / "holders", _halt)
        engine.start()
        arbiter, echo = aio.server(interceptors=[TranslateErrors()]), aio.server()
        add_ArbiterServiceServicer_to_server(Arbiter(engine), arbiter)
        handler = grpc.stream_stream_rpc_method_handler(
            _echo, pb.SessionRequest.FromString, pb.SessionRequest.SerializeToString
        )
        echo.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_ECHO, {"Echo": handler}),))
        arbiter.add_insecure_port(f"unix:{folder}/arbiter.sock")
        echo.add_insecure_port(f"unix:{folder}/echo.sock")
        await asyncio.gather(arbiter.start(), echo.start())
        await arbiter.wait_for_termination()
    raise SystemExit


async def _echo(requests: AsyncIterator[pb.SessionRequest], context: Any) -> AsyncIterator[pb.SessionRequest]:
    async for request in requests:
        yield request


def _halt(reason: str) -> NoReturn:
    sys.exit(reason)


# --- core ---


def _measure_core() -> Row:
    """One decision with 1,000 tickets waiting for 8 full devices: jobs begin and end, tickets come and go."""
    devices = [Device(f"gpu-{n}", "", 100, 100) for n in range(8)]
    core = Core(
        devices, Past(), 0.0, TimeLimitedBatches(), limits=Limits(_FOR_EVER_S, _FOR_EVER_S, _FOR_EVER_S)
    )
    key, tokens = Key("h", "1"), [0] * 8
    core.hello(key, 1, rq.Hello(pid=1), True, 0.0)
    seq = 1

    def say(request: rq.Request, now_s: float) -> float:
        nonlocal seq
        seq += 1
        began_s = time.perf_counter()
        core.receive(key, seq, request, now_s)
        return time.perf_counter() - began_s

    for number, device in enumerate(devices):
        say(rq.Acquire(f"r{number}", (_way(device.id),)), 0.0)
        tokens[number] = core.book.last_token
        say(rq.Confirm(tokens[number]), 0.0)
        say(rq.Loaded(tokens[number]), 0.0)
        say(rq.Begin(tokens[number], "job"), 0.0)
    for number in range(1000):
        core.book.queue.add(Ticket(f"q{number}", key, (_way(""),), 2, number / 1000))
    times_s: list[float] = []
    for number in range(500):
        token, now_s = tokens[number % 8], 2 + number / 1000
        times_s.append(say(rq.Begin(token, f"next {number}"), now_s))
        times_s.append(say(rq.End(token, f"next {number}"), now_s))
        times_s.append(say(rq.Acquire(f"t{number}", (_way(""),)), now_s))
        times_s.append(say(rq.Cancel(f"t{number}"), now_s))
    micros = median(times_s) * 1e6
    return Row("decision core at 1,000 tickets × 8 devices, median", micros, "≤ 50", micros <= 50, "µs")


def _way(device: str) -> Alternative:
    return Alternative("full", "p", (Charge(device, 80, 10),), 20.0, 10.0)


# --- schedules ---


def _measure_schedules() -> list[Row]:
    rows: list[Row] = []
    for kind in ("interleave", "poisson", "sessions", "bursts", "hog"):
        traces = read_traces(kind)
        ours = [Simulation(TimeLimitedBatches()).run(trace.jobs) for trace in traces]
        fifo = [Simulation(FirstComeFirstServed()).run(trace.jobs) for trace in traces]
        ratio = mean(o.makespan_s / trace.optimum_s for o, trace in zip(ours, traces, strict=True))
        wait = mean(max(o.waits_s) for o in ours) / mean(max(o.waits_s) for o in fifo)
        bound = max(o.bound_ratio for o in ours)
        rows += [
            Row(f"{kind}: makespan ÷ optimum", ratio, "≤ 1.15", ratio <= 1.15),
            Row(f"{kind}: longest wait ÷ FIFO's", wait, "≤ 1", wait <= 1),
            Row(f"{kind}: wait ÷ promised bound, worst", bound, "≤ 1", bound <= 1),
        ]
        if kind in {"interleave", "sessions"}:
            swaps = mean(o.swaps for o in ours) / mean(o.swaps for o in fifo)
            rows.append(Row(f"{kind}: swaps ÷ FIFO's", swaps, "≤ 0.5", swaps <= 0.5))
    return rows


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(_serve(Path(sys.argv[2])))
    else:
        main()
