"""Paints without the gateway: python examples/grpc_client.py unix:$HOME/.limner/run/t2i.sock "a red star"."""

import asyncio
import sys
from pathlib import Path

from limner.channel import connect
from limner.progress.v1.progress_pb2 import Stage
from limner.t2i.v1.t2i_pb2 import GenerateImagesRequest
from limner.t2i.v1.t2i_pb2_grpc import TextToImageServiceStub
from limner.trust import Trust


async def main(address: str, prompt: str) -> None:
    """Saves out.png and prints what happens on the way."""
    async with connect(address, Trust()) as channel:
        service = TextToImageServiceStub(channel)
        async for response in service.GenerateImages(GenerateImagesRequest(prompt=prompt)):
            if response.HasField("progress"):
                progress = response.progress
                print(Stage.Name(progress.stage), progress.step, "of", progress.total_steps)
            elif response.HasField("result"):
                await asyncio.to_thread(Path("out.png").write_bytes, response.result.image.data)
                print("out.png, seed", response.result.seed)


asyncio.run(main(*sys.argv[1:]))
