"""`limner run`: starts the studio and keeps it running."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import httpx
import setproctitle

from limner.cli.addresses import check_port, studio_url
from limner.cli.crashes import Crash, Crashes
from limner.cli.desk import has_tokens
from limner.cli.failure import CommandFailed
from limner.cli.occupancy import occupy, record
from limner.cli.options import (
    DEFAULT_HOME,
    DEFAULT_HOST,
    DEFAULT_PORT,
    HomeOption,
    HostOption,
    PortOption,
    ReplicasOption,
)
from limner.cli.programs import Program, environment, log_path, programs
from limner.cli.supervision import reports, supervised
from limner.home import Home, locate, prepare, tidy

# The first tries may meet a machine that is busy with something else; a third crash in a row is a pattern.
_CRASHES_TO_GIVE_UP = 3
_TAIL_LINES = 15
_STARTING_POLL_S = 0.1
_RUNNING_POLL_S = 2.0
_PATIENCE_S = 15.0


def run(
    host: HostOption = DEFAULT_HOST,
    port: PortOption = DEFAULT_PORT,
    home: HomeOption = DEFAULT_HOME,
    t2i_replicas: ReplicasOption = 1,
) -> None:
    """Start the studio on this machine; Ctrl-C stops it."""
    with opened(host, port, home) as (place, lock):
        given = environment(place, host, port, os.environ, t2i_replicas)
        asyncio.run(keep_running(place, studio_url(host, port), programs(t2i_replicas), given, lock))


@contextmanager
def opened(host: str, port: int, home: Path) -> Generator[tuple[Home, int]]:
    """Yields a home that no other studio uses, and its lock; raises CommandFailed when it must not start."""
    setproctitle.setproctitle("limner")
    place = locate(home)
    prepare(place)
    with occupy(place) as lock:
        # Only now: what `occupy` has stopped may have held the port.
        if not check_port(host, port) and not has_tokens(place, os.environ):
            raise CommandFailed(
                f"On {host} other machines could use the studio, and there is no token yet; make one with "
                "`limner token add NAME`, or set LIMNER_HOST to 127.0.0.1."
            )
        try:
            yield place, lock
        finally:
            tidy(place)


async def keep_running(
    home: Home,
    url: str,
    programs: Sequence[Program],
    given: Mapping[str, str],
    lock: int,
    conduct: Callable[[str], Awaitable[object]] | None = None,
) -> None:
    """Runs the programs until a signal comes; raises CommandFailed if they end.

    Beside them runs what `conduct` returns; it is given the secret with which the gateway can be asked.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    probe_secret = secrets.token_urlsafe(32)  # with which it may be asked whether the studio is ready
    environment = {**given, "LIMNER_GATEWAY_PROBE_SECRET": probe_secret}
    async with supervised(home, programs, environment, lock) as supervisor:
        record(home, url, supervisor.pid)
        works = [stop.wait(), _outlive(home, supervisor), _attend(home, url, probe_secret)]
        await _first(*works, *([conduct(probe_secret)] if conduct is not None else []))


async def _first(*awaitables: Awaitable[object]) -> None:
    """Returns or raises what the first of `awaitables` does, and cancels the others."""
    tasks = [asyncio.ensure_future(awaitable) for awaitable in awaitables]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _outlive(home: Home, supervisor: asyncio.subprocess.Process) -> None:
    code = await supervisor.wait()
    raise CommandFailed(
        f"The supervisor ended unexpectedly (exit status {code}) and the studio with it; "
        f"its log is {home.logs / 'supervisor.log'}."
    )


async def _attend(home: Home, url: str, probe_secret: str) -> None:
    """Says when the studio is ready, and from then on what crashes."""
    crashes = Crashes()
    await _first(_ready(url, probe_secret), _give_up(home, crashes))
    print(f"Limner is ready at {url}", flush=True)
    async for crash in _crashes(home, crashes, _RUNNING_POLL_S):
        _say(
            f"{crash.program} ended unexpectedly and is being restarted; "
            f"its log is {log_path(home, crash.program)}."
        )


async def _give_up(home: Home, crashes: Crashes) -> None:
    async for crash in _crashes(home, crashes, _STARTING_POLL_S):
        path = log_path(home, crash.program)
        if crash.count >= _CRASHES_TO_GIVE_UP:
            raise CommandFailed(f"{crash.program} keeps crashing; the end of {path}:\n{_tail(path)}")
        _say(f"{crash.program} ended while starting and is tried again:\n{_tail(path, 1)}")


async def _crashes(home: Home, crashes: Crashes, poll_s: float) -> AsyncIterator[Crash]:
    while True:
        for crash in crashes.observe(await asyncio.to_thread(reports, home)):
            yield crash
        await asyncio.sleep(poll_s)


async def _ready(url: str, probe_secret: str) -> None:
    """Waits until GET /readyz is green, and says now and then what it still waits for."""
    said_at = time.monotonic()
    headers = {"Authorization": f"Bearer {probe_secret}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=5.0) as client:
        while True:
            try:
                response = await client.get("/readyz")
                if response.is_success:
                    return
                state = response.text.strip()
            except httpx.TransportError:
                state = "the gateway does not answer yet"
            if time.monotonic() - said_at > _PATIENCE_S:
                said_at = time.monotonic()
                _say(f"Still starting: {state}")
            await asyncio.sleep(_STARTING_POLL_S)


def _tail(path: Path, lines: int = _TAIL_LINES) -> str:
    """Returns the last lines, those that repeat only once."""
    text = path.read_text(errors="replace") if path.exists() else ""
    distinct = [line for line, _ in groupby(text.splitlines())]
    return "\n".join(f"  {line}" for line in distinct[-lines:])


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
