"""An actor that keeps one process of the studio on its node."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path

from grpc import aio

from limner.cli.programs import environment, interpreter, log_path, package_root
from limner.cli.tether import PARENT
from limner.cluster import engine
from limner.cluster.placement import SERVICES
from limner.home import Home, locate, prepare
from limner.probe import is_serving
from limner.trust import Trust

ARBITER = "arbiter"
NODES = "nodes"  # in the home of the studio, a folder for each
_GRPC_NAMES = {
    ARBITER: "limner.arbiter.v1.ArbiterService",
    "t2i": "limner.t2i.v1.TextToImageService",
    "edit": "limner.edit.v1.EditService",
    "tiling": "limner.tiling.v1.TilingService",
}
_POLL_S = 0.1
_TAIL_BYTES = 2000
_NODE_ID_CHARS = 12  # of 56; enough to tell the nodes of one cluster apart


def node_home(root: Path, node_id: str) -> Home:
    """Returns what one node keeps of a studio at `root`: its arbiter's ledger, sockets and logs."""
    return locate(root / NODES / node_id[:_NODE_ID_CHARS])


class Post:
    """Starts an arbiter or a service as `limner run` would, and ends when that process ends.

    Then Ray starts it anew (`max_restarts`), and whoever asks `serve` again gets the new address.
    """

    def __init__(self, name: str, service: str) -> None:
        root = Path(os.environ.get("LIMNER_HOME", "~/.limner")).expanduser()
        self._name, self._service = name, service
        self._shared = locate(root)
        self._home = node_home(root, engine.own_node_id())
        self._address = ""

    async def serve(self) -> str:
        """Returns the address of the process, which is started if there is none, as soon as it serves."""
        if not self._address:
            await self._start()
        while not await self._is_serving():  # noqa: ASYNC110, it is another process that begins
            await asyncio.sleep(_POLL_S)
        return self._address

    async def outlast(self) -> None:
        """Never returns: whoever waits for it hears when the process, or its node, is lost."""
        await asyncio.Event().wait()

    async def _start(self) -> None:
        prepare(self._home)
        self._address = self._choose_address()
        log = log_path(self._home, f"limner-{self._name}")
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "limner.cli.tether", f"limner-{self._name}", "SIGKILL"),
                f"services.{self._service}",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=package_root(),
                env=self._environment(),
            )
        self._outliving = asyncio.create_task(self._outlive(process, log))

    async def _outlive(self, process: asyncio.subprocess.Process, log: Path) -> None:
        code = await process.wait()
        said = await asyncio.to_thread(log.read_bytes)
        tail = said[-_TAIL_BYTES:].decode(errors="replace")
        print(f"{self._name} ended with {code}; the end of {log}:\n{tail}", file=sys.stderr, flush=True)
        os._exit(1)

    def _choose_address(self) -> str:
        if self._service == ARBITER:
            return self._home.address(ARBITER)
        ip = engine.own_ip()
        with socket.create_server((ip, 0)) as free:
            return f"{ip}:{free.getsockname()[1]}"

    def _environment(self) -> dict[str, str]:
        # The machine's, not the node's: weights, and results that the gateway takes from the folder itself.
        shared = {
            f"LIMNER_{service.upper()}_{store}": str(folder)
            for service in SERVICES
            for store, folder in (("MODELS_DIR", self._shared.models), ("CACHE_DIR", self._shared.cache))
        }
        given = {**shared, "LIMNER_TILING_SCRATCH_DIR": str(self._shared.tiling), **os.environ}
        ours = f"LIMNER_{self._service.upper()}"
        return {
            **environment(self._home, "127.0.0.1", 8000, given),
            **interpreter(),
            f"{ours}_LISTEN": self._address,
            f"{ours}_HOLDER": self._name,
            PARENT: str(os.getpid()),
        }

    async def _is_serving(self) -> bool:
        try:
            return await is_serving(self._address, _GRPC_NAMES[self._service], Trust())
        except aio.AioRpcError:
            return False
