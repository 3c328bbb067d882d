"""The gateway with a look inside: how late its event loop is, and what Python allocates in it.

A line on standard input is answered with a line of JSON about the time since the line before. `memory` also
begins to trace allocations, which makes everything slower; `time` ends that.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
import tracemalloc

import uvloop

from gateway.server import serve
from gateway.settings import Settings
from limner.logs import set_up_logs

TICK_S = 0.002


class Meter:
    """Wakes up again and again, and notes how late."""

    def __init__(self) -> None:
        self._late_s: list[float] = []
        self._base_bytes = 0

    async def tick(self) -> None:
        """Ticks for ever."""
        while True:
            due_s = time.perf_counter() + TICK_S
            await asyncio.sleep(TICK_S)
            self._late_s.append(time.perf_counter() - due_s)

    def answer(self) -> None:
        """Answers lines until there are no more."""
        for line in sys.stdin:
            late_s, self._late_s = self._late_s, []
            peak_bytes = tracemalloc.get_traced_memory()[1] if tracemalloc.is_tracing() else 0
            told = {"late_s": late_s, "peak_bytes": peak_bytes - self._base_bytes}
            self._turn(is_memory=line == "memory\n")
            sys.stdout.write(json.dumps(told) + "\n")
            sys.stdout.flush()

    def _turn(self, *, is_memory: bool) -> None:
        if is_memory and not tracemalloc.is_tracing():
            tracemalloc.start()
        elif not is_memory:
            tracemalloc.stop()
        tracemalloc.reset_peak()
        self._base_bytes = tracemalloc.get_traced_memory()[0] if is_memory else 0


async def main() -> None:
    """Serves until SIGTERM."""
    meter = Meter()
    threading.Thread(target=meter.answer, daemon=True).start()
    ticking = asyncio.create_task(meter.tick())
    await serve(Settings())
    ticking.cancel()


if __name__ == "__main__":
    set_up_logs()
    uvloop.run(main())
