"""A studio of its own for a benchmark: a fresh home, a free port, stopped at the end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager


@contextmanager
def running_studio(
    environment: Mapping[str, str] | None = None,
    command: Sequence[str] = ("run",),
    given_home: str | None = None,
) -> Generator[str]:
    """Yields the address of a studio that is ready; its home is a fresh one where none is given."""
    with ExitStack() as stack:
        home = given_home or stack.enter_context(tempfile.TemporaryDirectory(prefix="limner-bench-"))
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        settings = {"LIMNER_HOME": home, "LIMNER_PORT": str(port), "LIMNER_HOST": "127.0.0.1"}
        process = subprocess.Popen(
            [sys.executable, "-m", "limner.cli", *command],
            env={**os.environ, **settings, **(environment or {})},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if url not in line:
                raise RuntimeError(f"The studio did not start; it said {line!r}.")
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def free_port() -> int:
    """Returns a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
