"""The workers that the arbiter knows, and the order of what they say."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.arbiter.leases import Key
from services.rpc.errors import ProtocolViolation, StaleToken


@dataclass(slots=True)
class Worker:
    """One worker process as far as it has told about itself."""

    key: Key
    service: str = ""
    pid: int = 0
    start_time_ticks: int = 0
    lock_file: str = ""
    # Whether its death can be proved; without that it is granted no byte.
    is_provable: bool = False
    is_connected: bool = False
    # False after a restart of the arbiter until the worker has said Hello again.
    is_settled: bool = True
    seq: int = 0
    observed_bytes: int = 0
    beat_s: float = 0.0
    lost_s: float = 0.0  # When its session ended.


@dataclass(slots=True)
class Workers:
    """Every worker that speaks or still holds something."""

    by_key: dict[Key, Worker] = field(default_factory=dict[Key, Worker])
    current: dict[str, str] = field(default_factory=dict[str, str])

    def open(self, key: Key, seq: int) -> Worker:
        """Starts or resumes a session; from then on older incarnations of the holder are stale."""
        if not key.holder or not key.incarnation:
            raise ProtocolViolation(
                f"holder is {key.holder!r} and incarnation is {key.incarnation!r}; set both.",
                holder=key.holder,
            )
        worker = self.by_key.setdefault(key, Worker(key))
        self.current[key.holder] = key.incarnation
        worker.seq = seq
        worker.is_connected = worker.is_settled = True
        return worker

    def restore(self, worker: Worker) -> None:
        """Enters a worker that the durable ledger names."""
        self.by_key[worker.key] = worker
        self.current[worker.key.holder] = worker.key.incarnation

    def unsettled(self) -> list[Worker]:
        """The workers from before a restart that have not spoken again."""
        return [worker for worker in self.by_key.values() if not worker.is_settled]

    def admit(self, key: Key, seq: int) -> bool:
        """Tells whether a message is new; raises StaleToken or ProtocolViolation when it breaks the order."""
        worker = self.by_key.get(key)
        if worker is None:
            raise ProtocolViolation(
                f"{key.holder} has not said Hello; begin every session with it.", holder=key.holder
            )
        if self.current.get(key.holder) != key.incarnation:
            raise StaleToken(
                f"{key.holder} goes on as incarnation {self.current.get(key.holder)!r}; "
                f"{key.incarnation!r} is over.",
                holder=key.holder,
            )
        if seq > worker.seq + 1:
            raise ProtocolViolation(
                f"{key.holder} sent seq {seq} after {worker.seq}; {worker.seq + 1} is missing.",
                holder=key.holder,
            )
        if seq <= worker.seq:
            return False
        worker.seq = seq
        return True

    def get(self, key: Key) -> Worker:
        """Returns a worker that has said Hello."""
        return self.by_key[key]

    def is_reachable(self, key: Key) -> bool:
        """Tells whether the worker can be spoken to."""
        worker = self.by_key.get(key)
        return worker is not None and worker.is_connected and self.current.get(key.holder) == key.incarnation

    def forget(self, key: Key) -> None:
        """Drops a worker that is gone and holds nothing."""
        self.by_key.pop(key, None)
        if self.current.get(key.holder) == key.incarnation:
            del self.current[key.holder]
