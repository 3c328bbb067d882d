"""Who has been silent, or has kept what was asked back, for too long; crashes are seen elsewhere, at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from services.arbiter.book import Book
from services.arbiter.leases import Key, Lease, State

_FENCE_AFTER = 2  # Times the silence that makes a lease suspect.
_BUSY = frozenset({State.LOADING, State.ACTIVE})


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a holder may be silent; beats come every two seconds."""

    idle_s: float = 10.0
    busy_s: float = 60.0  # Loading can keep a whole process from speaking.
    give_back_s: float = 60.0  # From the recall of an idle lease to its release.

    def silence_s(self, state: State) -> float:
        """How long the holder of a lease in `state` may be silent."""
        return self.busy_s if state in _BUSY else self.idle_s


class Vigil:
    """Makes silent leases suspect, and names the holders that must be fenced."""

    def __init__(self, book: Book, limits: Limits) -> None:
        self._book, self._limits = book, limits

    def revive(self, key: Key) -> None:
        """Takes a sign of life: what was suspect is what it was before."""
        for lease in self._book.ledger.held_by(key):
            if lease.state is State.SUSPECT:
                self._book.charge(lease.moved(lease.before, job=lease.job))
                self._book.note("lease_trusted_again", token=lease.token, holder=key.holder)

    def note_recalls(self, now_s: float) -> None:
        """Starts the clock of leases that have just been asked back."""
        for lease in self._book.ledger.leases.values():
            if lease.draining:
                self._book.recalled_s.setdefault(lease.token, now_s)

    def look(self, now_s: float) -> dict[Key, str]:
        """Makes leases suspect whose time has come; returns whom to fence, and why."""
        culprits: dict[Key, str] = {}
        for lease in list(self._book.ledger.leases.values()):
            if not self._is_watched(lease):
                continue
            if self._suspect_s(lease) <= now_s and lease.state is not State.SUSPECT:
                self._book.charge(lease.moved(State.SUSPECT, job=lease.job))
                self._book.note("lease_suspect", token=lease.token, holder=lease.key.holder)
            if self._silent_s(lease) <= now_s:
                culprits[lease.key] = "it was silent for too long"
            elif self._kept_s(lease) <= now_s:
                culprits[lease.key] = "it did not give back what was recalled"
        return culprits

    def due_s(self) -> Iterator[float]:
        """Yields the times at which `look` has something to do."""
        for lease in self._book.ledger.leases.values():
            if self._is_watched(lease):
                if lease.state is not State.SUSPECT:
                    yield self._suspect_s(lease)
                yield min(self._silent_s(lease), self._kept_s(lease))

    def _is_watched(self, lease: Lease) -> bool:
        if lease.is_empty or lease.key in self._book.fenced_s:
            return False
        return lease.state in {*_BUSY, State.RESIDENT, State.UNLOADING, State.SUSPECT}

    def _suspect_s(self, lease: Lease) -> float:
        return self._book.workers.get(lease.key).beat_s + self._limits.silence_s(lease.state)

    def _silent_s(self, lease: Lease) -> float:
        state = lease.before if lease.state is State.SUSPECT else lease.state
        return self._book.workers.get(lease.key).beat_s + _FENCE_AFTER * self._limits.silence_s(state)

    def _kept_s(self, lease: Lease) -> float:
        is_idle = lease.draining and lease.state in {State.RESIDENT, State.UNLOADING}
        recalled_s = self._book.recalled_s.get(lease.token)
        if not is_idle or recalled_s is None:
            return float("inf")
        return max(recalled_s, lease.idle_s) + self._limits.give_back_s
