"""Readers of the event stream, in a process of their own: `… PORT COUNT fast|slow`.

Fast ones note how long after its job's end each last event arrives; slow ones take a byte a second. A number
on standard input is answered with so many latencies in seconds, of all fast readers together, once they have
come; with those that came if some do not.
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

_REQUEST = b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n"
_SUCCEEDED = b'"status":"succeeded"'
_FINISHED = b'"finished_at":"'
_SMALL_BUFFER_BYTES = 4096
_BYTE_S = 1.0
_PATIENCE_S = 60.0


@dataclass(slots=True)
class Notes:
    """What all fast readers have seen."""

    open: int = 0
    latencies_s: list[float] = field(default_factory=list[float])
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    ends: dict[bytes, float] = field(default_factory=dict[bytes, float])  # read once, for all of them


class FastReader(asyncio.Protocol):
    """Reads whatever comes, as soon as it comes."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._rest = b""
        self._is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(_REQUEST)

    def data_received(self, data: bytes) -> None:
        now_s = time.time()
        if not self._is_open and b"event: queue" in data:
            self._is_open = True
            self._notes.open += 1
            self._notes.changed.set()
        *whole, self._rest = (self._rest + data).split(b"\n\n")
        for message in whole:
            if _SUCCEEDED in message:
                self._notes.latencies_s.append(now_s - self._end_of(message))
                self._notes.changed.set()

    def _end_of(self, message: bytes) -> float:
        text = message.partition(_FINISHED)[2].partition(b'"')[0]
        if text not in self._notes.ends:
            self._notes.ends[text] = datetime.fromisoformat(text.decode()).timestamp()
        return self._notes.ends[text]


async def read_fast(port: int, count: int) -> None:
    """Opens `count` streams and answers what is asked for."""
    notes, loop = Notes(), asyncio.get_running_loop()
    for _ in range(count):
        await loop.create_connection(lambda: FastReader(notes), "127.0.0.1", port)
    await _until(lambda: notes.open == count, notes)
    _say("ready")
    while line := await asyncio.to_thread(sys.stdin.readline):
        wanted = int(line)
        with suppress(TimeoutError):
            await _until(lambda wanted=wanted: len(notes.latencies_s) >= wanted, notes)
        latencies_s, notes.latencies_s = notes.latencies_s, []
        _say(json.dumps(latencies_s))


async def _until(is_so: Callable[[], bool], notes: Notes) -> None:
    async with asyncio.timeout(_PATIENCE_S):
        while not is_so():
            notes.changed.clear()
            await notes.changed.wait()


def read_slowly(port: int, count: int) -> None:
    """Opens `count` streams and takes a byte from each of them every second, until it is killed."""
    sockets = [_open_small(port) for _ in range(count)]
    _say("ready")
    while True:
        time.sleep(_BYTE_S)
        for each in sockets:
            with suppress(BlockingIOError):
                each.recv(1)


def _open_small(port: int) -> socket.socket:
    each = socket.socket()
    each.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER_BYTES)
    each.connect(("127.0.0.1", port))
    each.sendall(_REQUEST)
    each.setblocking(False)
    return each


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[3] == "fast":
        asyncio.run(read_fast(int(sys.argv[1]), int(sys.argv[2])))
    else:
        read_slowly(int(sys.argv[1]), int(sys.argv[2]))
