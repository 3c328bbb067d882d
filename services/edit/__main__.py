"""The edit service: a front that never imports torch, and the worker that it starts with the first job."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from pathlib import Path

from setproctitle import setproctitle

from limner.capability.v1 import capability_pb2
from limner.capability.v1.capability_pb2_grpc import add_CapabilityServiceServicer_to_server
from limner.edit.v1 import edit_pb2
from limner.edit.v1.edit_pb2_grpc import add_EditServiceServicer_to_server
from limner.endpoint import Insecure
from limner.logs import set_up_logs
from services.edit.description import CAPABILITY, describe, read_library_versions
from services.edit.servicer import Edit, quoted_need
from services.edit.settings import Settings
from services.pipelines.capability import Capability
from services.pipelines.front import open_front
from services.pipelines.stock import read_catalogue
from services.rpc.server import serve


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
                partial(add_EditServiceServicer_to_server, Edit(front.replica, catalogue)),
                partial(add_CapabilityServiceServicer_to_server, capability),
            ],
            [
                edit_pb2.DESCRIPTOR.services_by_name["EditService"].full_name,
                capability_pb2.DESCRIPTOR.services_by_name["CapabilityService"].full_name,
            ],
            guard=settings.guard,
        )


if __name__ == "__main__":
    set_up_logs()
    setproctitle("limner-edit")
    try:
        asyncio.run(main(Settings(), Path("/proc/sys/kernel/random/boot_id").read_text().strip()))
    except Insecure as refusal:
        sys.exit(f"limner-edit cannot start: {refusal}")
