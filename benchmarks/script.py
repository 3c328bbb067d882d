"""What services whose answers are written in advance have in common."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from tests.gateway.scripted import ScriptedArbiter, ScriptedService, serve_arbiter, serve_images


async def serve_until_killed(folder: Path, services: Mapping[str, ScriptedService]) -> None:
    """Serves `services` at their names in `folder`, beside an arbiter's, and says when they are ready."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(serve_arbiter(folder / "arbiter.sock", ScriptedArbiter()))
        for name, service in services.items():
            await stack.enter_async_context(serve_images(folder / name, service))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.Event().wait()
