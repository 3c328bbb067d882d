from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from fastapi.sse import ServerSentEvent

from gateway import schemas

# Snapshots are whole, so a slow reader needs only the latest of each job; beyond this many it starts afresh.
READER_LIMIT = 512


@dataclass(frozen=True)
class Signal:
    """One event on its way to every reader."""

    key: str  # a later signal of the same key makes this one superfluous
    event: schemas.Event
    seq: int | None = None

    @cached_property
    def message(self) -> ServerSentEvent:
        """The event as it is sent; written once, whatever the number of readers."""
        seq = None if self.seq is None else str(self.seq)
        return ServerSentEvent(raw_data=self.event.model_dump_json(), event=self.event.type, id=seq)


RESET = Signal("reset", schemas.ResetEvent())


def download_signal(download: schemas.Download) -> Signal:
    """Returns what readers are told of a download."""
    return Signal(f"download {download.model}", schemas.DownloadEvent(download=download))


class Reader:
    """What one client has not read yet: bounded, whatever its speed."""

    def __init__(self) -> None:
        self._pending: OrderedDict[str, Signal] = OrderedDict()
        self._arrived = asyncio.Event()
        self._closed = False

    def put(self, signal: Signal) -> None:
        """Adds a signal in place of an older one of its key; a reader that is too far behind gets a reset."""
        self._pending.pop(signal.key, None)
        if len(self._pending) >= READER_LIMIT:
            self._pending.clear()
            signal = RESET
        self._pending[signal.key] = signal
        self._arrived.set()

    def close(self) -> None:
        """Ends the stream after what is pending."""
        self._closed = True
        self._arrived.set()

    async def __aiter__(self) -> AsyncGenerator[Signal]:
        while True:
            await self._arrived.wait()
            while self._pending:
                yield self._pending.popitem(last=False)[1]
            if self._closed:
                return
            self._arrived.clear()


class EventHub:
    """Hands every event to every reader of its owner, and never waits for one."""

    def __init__(self) -> None:
        self._readers: dict[str, set[Reader]] = {}  # by owner
        self._endings: dict[str, set[asyncio.Future[schemas.Job]]] = {}
        self._closed = False

    @property
    def listeners(self) -> list[str]:
        """The owners of which somebody is listening."""
        return list(self._readers)

    def is_heard_by(self, owner: str) -> bool:
        """Whether anybody is listening, so that previews need not be encoded for nobody."""
        return owner in self._readers

    def is_awaited(self, job_id: str) -> bool:
        """Whether anybody waits for the end of a job."""
        return job_id in self._endings

    @contextmanager
    def subscribe(self, owner: str) -> Generator[Reader]:
        """Yields a reader of everything of an owner from now on."""
        reader = Reader()
        if self._closed:
            reader.close()
        readers = self._readers.setdefault(owner, set())
        readers.add(reader)
        try:
            yield reader
        finally:
            readers.discard(reader)
            if not readers:
                self._readers.pop(owner, None)

    def publish(self, owner: str, signal: Signal) -> None:
        """Sends a signal to all readers of an owner."""
        for reader in self._readers.get(owner, ()):
            reader.put(signal)

    def reset(self) -> None:
        """Has every reader start afresh."""
        for reader in chain.from_iterable(self._readers.values()):
            reader.put(RESET)

    def publish_job(self, owner: str, job: schemas.Job, seq: int | None) -> None:
        """Sends a job as it is now to its owner, and wakes those who wait for its end."""
        self.publish(owner, Signal(job.id, schemas.JobEvent(seq=seq, job=job), seq))
        if job.status.is_final:
            for ending in self._endings.pop(job.id, ()):
                if not ending.done():
                    ending.set_result(job)

    def publish_download(self, download: schemas.Download) -> None:
        """Sends a download as it is now to everybody, for models are everybody's."""
        signal = download_signal(download)
        for owner in self.listeners:
            self.publish(owner, signal)

    @contextmanager
    def ending_of(self, job_id: str) -> Generator[asyncio.Future[schemas.Job]]:
        """Yields a future of the job as it ends; it is cancelled when the gateway stops."""
        ending: asyncio.Future[schemas.Job] = asyncio.get_running_loop().create_future()
        endings = self._endings.setdefault(job_id, set())
        endings.add(ending)
        try:
            yield ending
        finally:
            endings.discard(ending)
            if not endings:
                self._endings.pop(job_id, None)

    def close(self) -> None:
        """Ends every stream and every wait."""
        self._closed = True
        for reader in chain.from_iterable(self._readers.values()):
            reader.close()
        for endings in self._endings.values():
            for ending in endings:
                ending.cancel()
