"""The text-to-image service: a front that never imports torch, and the worker it keeps."""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from pathlib import Path

from google.protobuf import json_format
from setproctitle import setproctitle

from limner.arbiter.v1.arbiter_pb2_grpc import ArbiterServiceStub
from limner.capability.v1 import capability_pb2
from limner.capability.v1.capability_pb2_grpc import add_CapabilityServiceServicer_to_server
from limner.channel import connect
from limner.logs import set_up_logs
from limner.t2i.v1 import t2i_pb2
from limner.t2i.v1.t2i_pb2_grpc import add_TextToImageServiceServicer_to_server
from services.pipelines.catalogue import read_catalogue
from services.pipelines.leases import Session
from services.pipelines.process import WorkerProcess
from services.pipelines.replica import Replica
from services.pipelines.residence import Residence
from services.rpc.server import serve
from services.t2i.description import CAPABILITY, describe, read_library_versions
from services.t2i.servicer import Capability, TextToImage
from services.t2i.settings import Settings


async def main(settings: Settings, boot_id: str) -> None:
    """Serves until SIGTERM."""
    catalogue = read_catalogue(settings.models_dir)
    async with connect(settings.arbiter) as channel:
        residence = Residence(
            start_worker=partial(
                WorkerProcess.start, settings.worker_module, settings.holder, settings.holders_dir
            ),
            open_session=lambda worker, on_recall: Session(
                channel,
                settings.holder,
                CAPABILITY,
                worker.identity,
                boot_id,
                worker.observed_bytes,
                on_recall,
            ),
        )
        replica = Replica(residence)
        images = TextToImage(replica, catalogue)
        capability = Capability(
            replica,
            lambda: residence.warm_model,
            catalogue,
            read_library_versions(),
            ArbiterServiceStub(channel),
        )
        await residence.open()
        try:
            await serve(
                settings.listen,
                [
                    partial(add_TextToImageServiceServicer_to_server, images),
                    partial(add_CapabilityServiceServicer_to_server, capability),
                ],
                [
                    t2i_pb2.DESCRIPTOR.services_by_name["TextToImageService"].full_name,
                    capability_pb2.DESCRIPTOR.services_by_name["CapabilityService"].full_name,
                ],
            )
        finally:
            await residence.close()


if __name__ == "__main__":
    set_up_logs()
    if sys.argv[1:] == ["describe"]:
        description = describe(read_catalogue(Settings().models_dir), read_library_versions())
        sys.stdout.write(json_format.MessageToJson(description) + "\n")
    else:
        setproctitle("limner-t2i")
        asyncio.run(main(Settings(), Path("/proc/sys/kernel/random/boot_id").read_text().strip()))
