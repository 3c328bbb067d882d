"""The text-to-image service: a front that never imports torch, and the worker it keeps."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from pathlib import Path

from google.protobuf import json_format
from setproctitle import setproctitle

from limner.capability.v1 import capability_pb2
from limner.capability.v1.capability_pb2_grpc import add_CapabilityServiceServicer_to_server
from limner.endpoint import Insecure
from limner.logs import set_up_logs
from limner.t2i.v1 import t2i_pb2
from limner.t2i.v1.t2i_pb2_grpc import add_TextToImageServiceServicer_to_server
from services.pipelines.capability import Capability
from services.pipelines.front import open_front
from services.pipelines.stock import read_catalogue
from services.rpc.server import serve
from services.t2i.description import CAPABILITY, describe, read_library_versions
from services.t2i.job import SKILL
from services.t2i.servicer import TextToImage, quoted_need
from services.t2i.settings import Settings


async def main(settings: Settings, boot_id: str) -> None:
    """Serves until SIGTERM."""
    catalogue = read_catalogue(settings.models_dir).that_can(SKILL)
    async with open_front(settings, CAPABILITY, boot_id, starts_worker=True) as front:
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
                partial(add_TextToImageServiceServicer_to_server, TextToImage(front.replica, catalogue)),
                partial(add_CapabilityServiceServicer_to_server, capability),
            ],
            [
                t2i_pb2.DESCRIPTOR.services_by_name["TextToImageService"].full_name,
                capability_pb2.DESCRIPTOR.services_by_name["CapabilityService"].full_name,
            ],
            guard=settings.guard,
        )


if __name__ == "__main__":
    set_up_logs()
    try:
        if sys.argv[1:] == ["describe"]:
            catalogue = read_catalogue(Settings().models_dir).that_can(SKILL)
            description = describe(catalogue, read_library_versions())
            sys.stdout.write(json_format.MessageToJson(description) + "\n")
        else:
            setproctitle("limner-t2i")
            asyncio.run(main(Settings(), Path("/proc/sys/kernel/random/boot_id").read_text().strip()))
    except Insecure as refusal:
        sys.exit(f"limner-t2i cannot start: {refusal}")
