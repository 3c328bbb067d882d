"""A probe in a child process: a driver that hangs, dies or lies costs a reading, never the arbiter.

A call into a driver can block in the kernel where no signal reaches it. So the child is asked for each
sample, given up when it is silent for too long, and replaced after a growing pause; until then the last
devices stand, with doubled margins once they are stale.
"""

from __future__ import annotations

import math
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from services.arbiter.child import Child, Silent
from services.arbiter.demands import HOST_POOLS
from services.arbiter.leases import Key
from services.arbiter.ledger import Device
from services.arbiter.probes import Sample
from services.arbiter.testimony import LONGEST_LINE_BYTES, decode_sample, encode_question

log = structlog.get_logger(__name__)

_HUNG_CHILDREN = 3  # No more are started while so many cannot even be killed.


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the witness waits for what; the defaults are the design's."""

    answer_s: float = 2.0
    start_s: float = 20.0  # For an interpreter on a busy machine and a driver that wakes up.
    stale_s: float = 5.0
    pause_s: float = 1.0  # Before the first restart; doubles with every failure in a row.
    longest_pause_s: float = 30.0


@dataclass(slots=True)
class _Interview:
    """One child and what it was asked."""

    child: Child
    born_s: float
    has_answered: bool = False
    asked: frozenset[Key] | None = None  # The workers in the question that it has not answered yet.


class Witness:
    """The probe that `command` runs, at arm's length."""

    def __init__(
        self,
        command: Sequence[str],
        patience: Patience | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._command, self._patience, self._clock = tuple(command), patience or Patience(), clock
        # Samples are taken in a thread, which may still be waiting for one when the arbiter stops.
        self._turn = threading.Lock()
        self._interview: _Interview | None = None
        self._hung: list[subprocess.Popen[bytes]] = []
        self._failures = 0
        self._restart_s = clock()
        self._seen = Sample(())
        self._seen_s = clock()

    def begin(self) -> Sample:
        """Waits for the first sample; raises Silent when there is none in time."""
        deadline_s = self._clock() + self._patience.start_s
        while (now_s := self._clock()) < deadline_s:
            if (sample := self._ask({})) is not None:
                return self._accept(sample)
            if self._interview is None:
                time.sleep(max(0.0, min(self._restart_s, deadline_s) - now_s))
        raise Silent(
            f"The driver did not answer within {self._patience.start_s:g} s; mend it, or describe the cards "
            f"with LIMNER_ARBITER_CARDS."
        )

    def sample(self, pids: Mapping[Key, int]) -> Sample:
        """Returns what the child sees now, or what it last saw; blocks no longer than one answer may take."""
        with self._turn:
            sample = self._ask(pids)
        if sample is not None:
            return self._accept(sample)
        # Nobody can be shown to be gone by somebody who does not look.
        present = frozenset(pids)
        age_s = self._clock() - self._seen_s
        if age_s <= self._patience.stale_s:
            return replace(self._seen, present=present)
        return Sample(tuple(_doubt(device, age_s) for device in self._seen.devices), present)

    def close(self) -> None:
        """Ends the child."""
        with self._turn:
            if self._interview is not None:
                self._abandon(self._interview)
            self._restart_s = math.inf
        for process in self._hung:
            try:
                process.wait(self._patience.answer_s)
            except subprocess.TimeoutExpired:
                log.warning("witness_cannot_be_killed", pid=process.pid)

    def _ask(self, pids: Mapping[Key, int]) -> Sample | None:
        interview = self._interview or self._start()
        if interview is None:
            return None
        try:
            return self._exchange(interview, pids)
        except (Silent, OSError) as error:
            self._abandon(interview)
            pause_s = min(self._patience.longest_pause_s, self._patience.pause_s * 2**self._failures)
            self._failures += 1
            self._restart_s = self._clock() + pause_s
            pid = interview.child.process.pid
            log.warning("witness_silent", pid=pid, error=str(error), next_try_s=round(pause_s, 3))
            return None

    def _exchange(self, interview: _Interview, pids: Mapping[Key, int]) -> Sample | None:
        now_s = self._clock()
        if interview.asked is None:
            interview.asked = frozenset(pids)
            interview.child.say(encode_question(pids), now_s + self._patience.answer_s)
        line = interview.child.hear(now_s + self._patience.answer_s)
        if line is None:
            if not interview.has_answered and self._clock() - interview.born_s < self._patience.start_s:
                return None
            raise Silent(f"no answer within {self._patience.answer_s:g} s")
        try:
            sample = decode_sample(line)
        except ValueError as error:
            raise Silent(str(error)) from None
        unasked = frozenset(pids) - interview.asked
        interview.asked, interview.has_answered = None, True
        return replace(sample, present=sample.present | unasked)

    def _start(self) -> _Interview | None:
        self._hung = [process for process in self._hung if process.poll() is None]
        now_s = self._clock()
        if now_s < self._restart_s or len(self._hung) >= _HUNG_CHILDREN:
            return None
        self._interview = _Interview(Child(self._command, self._clock, LONGEST_LINE_BYTES), now_s)
        return self._interview

    def _abandon(self, interview: _Interview) -> None:
        self._interview = None
        interview.child.kill()
        self._hung.append(interview.child.process)

    def _accept(self, sample: Sample) -> Sample:
        """A card that is no longer named is lost, not gone: what is charged on it stays charged."""
        if self._failures:
            log.info("witness_back", after_failures=self._failures)
        self._failures, self._seen_s = 0, self._clock()
        named = {device.id for device in sample.devices}
        lost = tuple(_lost(device) for device in self._seen.devices if device.id not in named)
        self._seen = replace(sample, devices=(*sample.devices, *lost))
        return self._seen


def _doubt(device: Device, age_s: float) -> Device:
    if device.id in HOST_POOLS:
        return device
    return replace(device, is_stale=True, health=f"stale: last seen {age_s:.0f} s ago")


def _lost(device: Device) -> Device:
    return replace(device, foreign_bytes=device.limit_bytes, health="lost: the driver no longer names it")
