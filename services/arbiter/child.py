"""A child process that is spoken to in lines, each with a deadline."""

from __future__ import annotations

import os
import select
import subprocess
from collections.abc import Callable, Sequence
from typing import IO


class Silent(Exception):
    """The child did not speak or listen in time, is gone, or makes no sense."""


class Child:
    """One process; `clock` tells the time in which deadlines are given."""

    def __init__(self, command: Sequence[str], clock: Callable[[], float], longest_line_bytes: int) -> None:
        self._clock, self._longest_line_bytes = clock, longest_line_bytes
        # Its own session: a Ctrl-C in the terminal is for its parent, which ends it.
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, start_new_session=True
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._stdin: IO[bytes] = self.process.stdin
        self._stdout: IO[bytes] = self.process.stdout
        os.set_blocking(self._stdin.fileno(), False)
        self._heard = bytearray()

    def say(self, line: bytes, deadline_s: float) -> None:
        """Writes all of `line`; raises Silent when nobody reads it, OSError when nobody will."""
        rest = memoryview(line)
        while rest:
            if not self._wait(self._stdin, select.POLLOUT, deadline_s):
                raise Silent("it does not listen")
            rest = rest[os.write(self._stdin.fileno(), rest) :]

    def hear(self, deadline_s: float) -> bytes | None:
        """Returns the next line; None when there is none in time. Raises Silent when there will be none."""
        while b"\n" not in self._heard:
            if not self._wait(self._stdout, select.POLLIN, deadline_s):
                return None
            data = os.read(self._stdout.fileno(), 65536)
            self._heard += data
            if not data:
                raise Silent("it ended")
            if len(self._heard) > self._longest_line_bytes:
                raise Silent(f"its line is longer than {self._longest_line_bytes} bytes")
        line, _, rest = bytes(self._heard).partition(b"\n")
        self._heard = bytearray(rest)
        return line

    def kill(self) -> None:
        """Ends it without waiting: one that is stuck in the kernel dies when its call returns."""
        self.process.kill()
        self._stdin.close()
        self._stdout.close()

    def _wait(self, pipe: IO[bytes], event: int, deadline_s: float) -> bool:
        poll = select.poll()
        poll.register(pipe.fileno(), event)
        return bool(poll.poll(max(0.0, deadline_s - self._clock()) * 1000))
