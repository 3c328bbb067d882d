"""What a long queue and a long history cost: listing and enqueueing beside those of a short one."""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

from benchmarks.gateway_calls import Caller, calling, percentile, timed
from benchmarks.gateway_filling import ENDED, WAITING, copy_filled, make_templates
from benchmarks.gateway_process import Gateway, running_gateway, running_service
from benchmarks.table import Row

_WARM_UP = 20
_SEARCHES = 20

Work = Callable[[Caller], Awaitable[object]]


async def measure(few: int, many: int, calls: int) -> list[Row]:
    """Times calls of a gateway with `few` jobs and of one with `many`, in turns."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="gateway") as name, running_service(Path(name)) as service:
        folder = Path(name)
        templates = await make_templates(folder / "template", service)
        for state in (WAITING, ENDED):
            homes = [folder / f"{state}-{jobs}" for jobs in (few, many)]
            for home, jobs in zip(homes, (few, many), strict=True):
                copy_filled(folder / "template", home, templates[state], jobs)
            with running_gateway(homes[0], service) as small, running_gateway(homes[1], service) as large:
                rows += await _compare(small, large, calls, f"{many:,} {state} jobs ÷ {few:,}")
                rows += _report_start(small, large, few, many) if state == WAITING else []
    return rows


async def _compare(small: Gateway, large: Gateway, calls: int, name: str) -> list[Row]:
    async with AsyncExitStack() as stack:
        callers = [await stack.enter_async_context(calling(each.port)) for each in (small, large)]
        rows: list[Row] = []
        for what, work in _works().items():
            few_s, many_s = await _time_in_turns(callers, work, calls)
            ratio = many_s / few_s
            rows.append(Row(f"{what}, p50, {name}", ratio, "≤ 1.5", ratio <= 1.5, "×"))
            rows.append(Row("  with many", many_s * 1000, "", True, "ms"))
        return [*rows, *await _search(callers, name)]


def _works() -> dict[str, Work]:
    seeds = count()
    return {
        "GET /jobs": lambda caller: caller.expect(200, "GET", "/jobs"),
        "GET /queue": lambda caller: caller.expect(200, "GET", "/queue"),
        "POST /generate": lambda caller: caller.enqueue(next(seeds)),
    }


async def _time_in_turns(callers: list[Caller], work: Work, calls: int) -> tuple[float, float]:
    times_s: list[list[float]] = [[], []]
    for number in range(_WARM_UP + calls):
        for caller, spent_s in zip(callers, times_s, strict=True):
            taken_s = await timed(lambda caller=caller: work(caller))
            if number >= _WARM_UP:
                spent_s.append(taken_s)
    few_s, many_s = (percentile(spent_s, 50) for spent_s in times_s)
    return few_s, many_s


async def _search(callers: list[Caller], name: str) -> list[Row]:
    def look(caller: Caller) -> Awaitable[object]:
        return caller.expect(200, "GET", "/jobs?q=hippopotamus")

    few_s, many_s = await _time_in_turns(callers, look, _SEARCHES)
    return [
        Row(f"search for an absent word, p50, {name}", many_s / few_s, "", True, "×"),
        Row("  with many", many_s * 1000, "", True, "ms"),
    ]


def _report_start(small: Gateway, large: Gateway, few: int, many: int) -> list[Row]:
    return [
        Row(f"start with {many:,} waiting jobs", large.start_s, "", True, "s"),
        Row(f"  with {few:,}", small.start_s, "", True, "s"),
        Row("  memory with many", large.resident_bytes / 2**20, "", True, "MiB"),
        Row("  memory with few", small.resident_bytes / 2**20, "", True, "MiB"),
    ]
