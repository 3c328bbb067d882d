"""supervisord as a child process: started, asked, stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast
from xmlrpc.client import Fault, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from limner.cli.crashes import Report
from limner.cli.programs import Program, configuration, interpreter, package_root, supervisor_socket
from limner.cli.tether import PARENT
from limner.home import Home


@asynccontextmanager
async def supervised(
    home: Home, programs: Sequence[Program], environment: Mapping[str, str], lock: int
) -> AsyncGenerator[asyncio.subprocess.Process]:
    """Yields supervisord running `programs`; has stopped every one of them on exit."""
    path = home.run / "supervisord.conf"
    path.write_text(configuration(programs))
    with (home.logs / "supervisor.log").open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "limner.cli.tether", "limner-supervisor", "SIGTERM"),
            *("supervisor.supervisord", "-n", "-c", str(path)),
            # supervisord closes every descriptor it does not know but its standard input: there it keeps the
            # lock of the home, so that a second studio waits until the last program of a killed one is gone.
            stdin=lock,
            stdout=output,
            stderr=output,
            cwd=package_root(),
            env={**environment, **interpreter(), PARENT: str(os.getpid())},
            # Neither Ctrl-C nor a closed terminal reaches it before `limner run` has decided what to do.
            start_new_session=True,
        )
    try:
        yield process
    finally:
        await asyncio.shield(_stop(process))


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    await process.wait()


def reports(home: Home) -> list[Report]:
    """Returns the state of every program; empty while supervisord does not answer."""
    transport = SupervisorTransport(None, None, f"unix://{supervisor_socket(home)}")
    with ServerProxy("http://localhost", transport=cast("Any", transport)) as proxy:
        try:
            return cast("list[Report]", proxy.supervisor.getAllProcessInfo())
        except (OSError, Fault):
            return []
