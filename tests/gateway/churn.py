"""Makes, refers to and forgets jobs in the folder that it is told, as fast as it can, until it is killed."""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

from gateway.jobs.holdings import ImagesGone
from tests.gateway.records import Records, opened_records


async def churn(records: Records, seed: int) -> None:
    draw = random.Random(seed)
    while True:
        # Few different pictures, so that one is made, referred to and dropped at the same time.
        data = bytes([draw.randrange(4)]) * 1000
        try:
            inputs = (await records.upload(data),) if draw.random() < 0.5 else ()
            job = await records.make(data, inputs=inputs)
        except ImagesGone:
            continue
        print(job.id, flush=True)
        if draw.random() < 0.8:
            await records.history.forget("", [job.id])
        await records.history.drop_images(await records.holdings.release_uploads(2e9, 10))


async def main(folder: Path) -> None:
    with opened_records(folder) as records:
        await asyncio.gather(*(churn(records, seed) for seed in range(4)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
