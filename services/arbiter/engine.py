"""Carries out what the core decides: writes the ledger, speaks to holders, watches deaths."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import structlog

from services.arbiter import requests as rq
from services.arbiter.core import Core
from services.arbiter.deaths import Deaths, Life
from services.arbiter.effects import Effect, Forget, Kill, Note, Send, Store
from services.arbiter.events import Events
from services.arbiter.journal import Journal
from services.arbiter.leases import Key
from services.arbiter.outbox import Outbox
from services.arbiter.probes import Sample
from services.rpc.errors import ProtocolViolation, StaleToken

log = structlog.get_logger(__name__)

_EPSILON_S = 0.001

Halt = Callable[[str], NoReturn]


class Engine:
    """The core at work. `halt` must end the process: an answer without a record would be a lie."""

    def __init__(self, core: Core, journal: Journal, holders_dir: Path, halt: Halt) -> None:
        self.core = core
        self.events = Events(core.book.epoch)
        self._journal, self._halt = journal, halt
        self._deaths = Deaths(holders_dir, self._bury)
        self._outboxes: dict[Key, Outbox] = {}
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Compacts the ledger under the new epoch and looks which of the workers it names are alive."""
        self._compact()
        for worker in list(self.core.book.workers.by_key.values()):
            life = self._deaths.watch(worker.key, worker.pid, worker.start_time_ticks, worker.lock_file)
            if life is not Life.WATCHED:
                self._bury(worker.key)
        self._arm()

    def stop(self) -> None:
        """Stops watching; leases stay in the ledger for the successor."""
        if self._timer is not None:
            self._timer.cancel()
        self._deaths.close()
        for outbox in self._outboxes.values():
            outbox.close()

    def open(self, key: Key, seq: int, hello: rq.Hello, outbox: Outbox) -> None:
        """Opens a session, taking over from an earlier stream of the same worker."""
        life = self._deaths.watch(key, hello.pid, hello.start_time_ticks, hello.lock_file)
        if life is Life.DEAD:
            raise ProtocolViolation(
                f"{key.holder} names pid {hello.pid}, which is not running; say Hello for a living worker.",
                holder=key.holder,
                pid=hello.pid,
            )
        previous = self._outboxes.get(key)
        if previous is not None and previous is not outbox:
            previous.fail(StaleToken(f"{key.holder} goes on in a newer session.", holder=key.holder))
        self._outboxes[key] = outbox
        outbox.ack_seq = seq
        self._run(self.core.hello(key, seq, hello, life is Life.WATCHED, time.monotonic()))

    def receive(self, key: Key, seq: int, request: rq.Request, outbox: Outbox) -> None:
        """Applies one request of an open session."""
        if self._outboxes.get(key) is not outbox:
            raise StaleToken(f"{key.holder} goes on in a newer session.", holder=key.holder)
        outbox.ack_seq = max(outbox.ack_seq, seq)
        self._run(self.core.receive(key, seq, request, time.monotonic()))

    def close(self, key: Key, outbox: Outbox) -> None:
        """Notes the end of a session unless a newer one has taken over."""
        if self._outboxes.get(key) is outbox:
            del self._outboxes[key]
            self._run(self.core.disconnect(key, time.monotonic()))

    def observe(self, sample: Sample) -> None:
        """Takes what a probe saw."""
        self._run(self.core.observe(sample.devices, sample.present, time.monotonic()))

    def drain(self, device: str, *, is_draining: bool) -> None:
        """Stops or resumes grants on a device."""
        self._run(self.core.drain(device, is_draining, time.monotonic()))

    def fence(self, holder: str) -> None:
        """Ends a holder's worker."""
        self._run(self.core.fence(holder, "fenced by the operator", time.monotonic()))

    def pids(self) -> dict[Key, int]:
        """Returns the workers whose memory can be looked at."""
        return {key: worker.pid for key, worker in self.core.book.workers.by_key.items() if worker.pid > 0}

    def _bury(self, key: Key) -> None:
        self._run(self.core.bury(key, time.monotonic()))

    def _expire(self) -> None:
        self._timer = None
        self._run(self.core.expire(time.monotonic()))

    def _run(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            match effect:
                case Store():
                    self._append(effect)
                case Send():
                    if outbox := self._outboxes.get(effect.key):
                        outbox.put(effect.response)
                case Kill():
                    self._deaths.kill(effect.key, by_force=effect.by_force)
                case Forget():
                    self._deaths.forget(effect.key)
                case Note():
                    self.events.add(effect.event, effect.fields, time.time())
                    log.info(effect.event, **effect.fields)
        self._arm()

    def _append(self, store: Store) -> None:
        try:
            self._journal.append(store.record)
        except OSError as error:
            self._halt(f"The ledger cannot be written ({error}); no grant may be answered without it.")
        if self._journal.is_full:
            self._compact()

    def _compact(self) -> None:
        try:
            self._journal.rewrite(self.core.book.epoch, self.core.records())
        except OSError as error:
            self._halt(f"The ledger cannot be rewritten ({error}); free some space on its disk.")

    def _arm(self) -> None:
        due_s = self.core.next_due_s()
        # A timer that fires too early only looks again; setting it anew for every message would cost more.
        if due_s is None or (self._timer is not None and self._timer.when() <= due_s + _EPSILON_S):
            return
        if self._timer is not None:
            self._timer.cancel()
        # The loop's clock is the monotonic clock; a moment more, so that what is due really is.
        self._timer = asyncio.get_running_loop().call_at(due_s + _EPSILON_S, self._expire)
