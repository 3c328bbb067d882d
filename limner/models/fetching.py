"""Fetches one file, and goes on where a former attempt has ended."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn, TypeVar

from limner.models.digest import Digest
from limner.models.failure import ModelFailure, Reason
from limner.models.hub import Hub, Lost
from limner.models.persistence import Patience, Persistence
from limner.models.plan import Piece
from limner.models.progress import Meter
from limner.models.shelf import PARTIAL_SUFFIX

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rim:
    """What fetching needs of the world."""

    hub: Hub
    patience: Patience
    tell: Callable[[], None]  # called whenever the meter has moved
    clock: Callable[[], float] = time.monotonic  # s
    sleep: Callable[[float], None] = time.sleep


def persist(rim: Rim, attempt: Callable[[], T]) -> T:
    """Returns what `attempt` does, made again while connections are lost. Raises ModelFailure."""
    persistence = Persistence(rim.patience)
    while True:
        try:
            return attempt()
        except Lost as loss:
            _pause(rim, persistence, loss)


def fetch(piece: Piece, folder: Path, meter: Meter, rim: Rim) -> None:
    """Has `piece` lie in `folder`, complete and checked. Raises ModelFailure or OSError."""
    final = folder / piece.path
    meter.begin(piece.path, piece.size_bytes)
    if final.is_file() and final.stat().st_size == piece.size_bytes:
        meter.find(piece.size_bytes)  # It was checked before it got its name.
    else:
        final.parent.mkdir(parents=True, exist_ok=True)
        _Fetching(piece, final, meter, rim).run()
    meter.end()
    rim.tell()


class _Fetching:
    """One file on its way."""

    def __init__(self, piece: Piece, final: Path, meter: Meter, rim: Rim) -> None:
        self._piece, self._final, self._meter, self._rim = piece, final, meter, rim
        self._partial = final.with_name(final.name + PARTIAL_SUFFIX)
        self._digest = Digest(piece)
        self._have_bytes = self._furthest_bytes = 0
        self._persistence = Persistence(rim.patience)

    def run(self) -> None:
        with self._partial.open("ab") as file:
            self._count_what_is_there(file)
            while self._have_bytes < self._piece.size_bytes:
                try:
                    self._receive(file)
                except Lost as loss:
                    _pause(self._rim, self._persistence, loss)
            file.flush()
            os.fsync(file.fileno())
        if complaint := self._digest.complaint():
            self._refuse(complaint)
        self._partial.replace(self._final)

    def _count_what_is_there(self, file: BinaryIO) -> None:
        self._have_bytes = self._furthest_bytes = self._digest.read(self._partial)
        self._meter.find(self._have_bytes)
        if self._have_bytes > self._piece.size_bytes:
            self._start_anew(file)

    def _receive(self, file: BinaryIO) -> None:
        size_bytes = self._piece.size_bytes
        with self._rim.hub.open(self._piece, self._have_bytes) as answer:
            if answer.total_bytes not in {None, size_bytes}:
                self._refuse(f"it has {answer.total_bytes} bytes and must have {size_bytes}")
            if answer.start != self._have_bytes:
                self._start_anew(file)  # The hub cannot send a part.
            for chunk in answer.chunks:
                self._write(file, chunk)
        if self._have_bytes < size_bytes:
            raise Lost(f"{self._piece.path} ends after {self._have_bytes} of {size_bytes} bytes")

    def _write(self, file: BinaryIO, chunk: bytes) -> None:
        file.write(chunk)
        self._digest.update(chunk)
        self._have_bytes += len(chunk)
        if self._have_bytes > self._piece.size_bytes:
            self._refuse(f"it has more than the {self._piece.size_bytes} bytes that it must have")
        self._meter.fetch(len(chunk), self._rim.clock())
        if self._have_bytes > self._furthest_bytes:
            # A hub that sends the same beginning for ever does not count.
            self._furthest_bytes = self._have_bytes
            self._persistence.succeed()
        self._rim.tell()

    def _start_anew(self, file: BinaryIO) -> None:
        self._meter.find(-self._have_bytes)
        file.truncate(0)
        self._digest, self._have_bytes = Digest(self._piece), 0

    def _refuse(self, complaint: str) -> NoReturn:
        self._partial.unlink()
        raise ModelFailure(
            Reason.CORRUPT,
            f"{self._piece.path} of {self._piece.repository} came wrong: {complaint}. It was thrown away; "
            "ask again to fetch it anew, or name another mirror in LIMNER_HUB.",
        )


def _pause(rim: Rim, persistence: Persistence, loss: Lost) -> None:
    pause_s = persistence.fail(loss.pause_s)
    if pause_s is None:
        raise ModelFailure(
            Reason.UNREACHABLE,
            f"{loss}, though it was tried {rim.patience.tries} times; ask again when the network is better, "
            "or name a mirror in LIMNER_HUB. What was fetched so far is kept.",
        ) from loss
    rim.sleep(pause_s)
