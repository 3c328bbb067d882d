"""The tiling service: a front that never imports torch, and the worker that it starts with the first job."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from pathlib import Path

from setproctitle import setproctitle

from limner.capability.v1 import capability_pb2
from limner.capability.v1.capability_pb2_grpc import add_CapabilityServiceServicer_to_server
from limner.endpoint import Insecure
from limner.logs import set_up_logs
from limner.tiling.v1 import tiling_pb2
from limner.tiling.v1.tiling_pb2_grpc import add_TilingServiceServicer_to_server
from services.pipelines.capability import Capability
from services.pipelines.front import open_front
from services.pipelines.stock import read_catalogue
from services.rpc.server import serve
from services.tiling.description import CAPABILITY, describe, read_library_versions
from services.tiling.servicer import Tiling, quoted_need
from services.tiling.settings import Settings


async def main(settings: Settings, boot_id: str) -> None:
    """Serves until SIGTERM."""
    catalogue = read_catalogue(settings.models_dir)
    async with open_front(settings, CAPABILITY, boot_id, starts_worker=False) as front:
        capability = Capability(
            front.replica,
            lambda: front.residence.warm_model,
            partial(describe, catalogue, read_library_versions()),
            partial(quoted_need, catalogue=catalogue),
            front.arbiter,
        )
        await serve(
            settings.listen,
            [
                partial(add_TilingServiceServicer_to_server, Tiling(front.replica, catalogue)),
                partial(add_CapabilityServiceServicer_to_server, capability),
            ],
            [
                tiling_pb2.DESCRIPTOR.services_by_name["TilingService"].full_name,
                capability_pb2.DESCRIPTOR.services_by_name["CapabilityService"].full_name,
            ],
            guard=settings.guard,
        )


if __name__ == "__main__":
    set_up_logs()
    setproctitle("limner-tiling")
    try:
        asyncio.run(main(Settings(), Path("/proc/sys/kernel/random/boot_id").read_text().strip()))
    except Insecure as refusal:
        sys.exit(f"limner-tiling cannot start: {refusal}")
