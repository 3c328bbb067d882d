"""LoRAs in text-to-image: a random one for the built-in model, whose effect is to be seen and then gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file  # pyright: ignore[reportUnknownVariableType]

from limner.t2i.v1.t2i_pb2 import GenerateImagesRequest, Lora, Result
from limner.worker.v1.worker_pb2 import Command, Event, Load, Run
from services.pipelines.catalogue import Catalogue
from services.pipelines.process import WorkerProcess
from services.pipelines.stock import read_catalogue
from services.rpc.errors import InvalidFields
from services.t2i.job import to_job, to_request
from tests.limner.models.folders import lora, write_weights

WIDTH, RANK = 192, 8  # Of the built-in model's transformer; any rank.
PROMPT = "a blue star at the top"


def write_lora(path: Path) -> None:
    """Writes a LoRA that was never trained: it bends every block's attention."""
    draw = np.random.default_rng(5)
    pairs = {
        f"transformer_blocks.{block}.attn.{layer}.lora_{half}.weight": draw.normal(0, 0.2, shape).astype(
            "float32"
        )
        for block in range(6)
        for layer in ("to_v", "to_out.0")
        for half, shape in (("A", (RANK, WIDTH)), ("B", (WIDTH, RANK)))
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(pairs, path)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    write_lora(tmp_path / "loras" / "bend.safetensors")
    write_weights(tmp_path / "loras" / "foreign.safetensors", lora(width=64))
    (tmp_path / "loras" / "old.pt").write_bytes(b"\x80")
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


@pytest.fixture
def catalogue(models: Path) -> Catalogue:
    return read_catalogue(models)


@pytest.fixture
async def worker(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[WorkerProcess]:
    monkeypatch.setenv("LIMNER_T2I_MODELS_DIR", str(models))
    process = await WorkerProcess.start("services.t2i.engine", "test", tmp_path)
    await process.ready()
    process.send(Command(load=Load(model="shapes", tier="full", device="cpu:0")))
    assert [event.HasField("loaded") async for event in process.events()] == [True]
    yield process
    await process.kill()


async def paint(worker: WorkerProcess, **loras: float) -> bytes:
    asked = [Lora(name=name, weight=weight) for name, weight in loras.items()]
    request = GenerateImagesRequest(prompt=PROMPT, seeds=[11], steps=4, loras=asked)
    worker.send(Command(run=Run(job="job", request=request.SerializeToString())))
    events: list[Event] = [event async for event in worker.events()]
    (result,) = [event.result.result for event in events if event.HasField("result")]
    return Result.FromString(result).image.data


@pytest.mark.xdist_group("t2i-front")
async def test_a_lora_shows_in_its_job_and_is_gone_after_it(worker: WorkerProcess) -> None:
    plain = await paint(worker)
    bent = await paint(worker, bend=1.0)
    assert bent != plain
    assert await paint(worker, bend=0.3) not in {plain, bent}
    assert await paint(worker, bend=1.0) == bent
    assert await paint(worker) == plain


def test_what_the_worker_gets_names_the_loras_again(catalogue: Catalogue) -> None:
    asked = GenerateImagesRequest(prompt=PROMPT, seeds=[1], loras=[Lora(name="bend", weight=0.5)])
    job = to_job(asked, catalogue)
    assert [(each.name, each.path.name, each.weight) for each in job.loras] == [
        ("bend", "bend.safetensors", 0.5)
    ]
    assert to_job(to_request(job), catalogue) == job


def test_other_loras_and_weights_make_another_picture(catalogue: Catalogue) -> None:
    def fingerprint(*loras: Lora) -> str:
        asked = GenerateImagesRequest(request_id="r", prompt=PROMPT, seeds=[1], loras=loras)
        return to_job(asked, catalogue).fingerprint("full", {})

    assert len({fingerprint(), *(fingerprint(Lora(name="bend", weight=w)) for w in (0.5, 1.0))}) == 3


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (Lora(name="ink", weight=1), "loras[0].name is 'ink'; those for shapes are bend."),
        (
            Lora(name="foreign", weight=1),
            "does not fit shapes: it changes transformer_blocks.0.attn.to_q as 64×64",
        ),
        (Lora(name="old", weight=1), "stays closed"),
        (Lora(name="bend", weight=9), "loras[0].weight is 9.0; use -4 to 4."),
        (Lora(name="bend", weight=float("nan")), "loras[0].weight is nan"),
    ],
)
def test_a_lora_that_cannot_be_used_is_refused_with_the_reason(
    catalogue: Catalogue, asked: Lora, why: str
) -> None:
    with pytest.raises(InvalidFields) as refused:
        to_job(GenerateImagesRequest(prompt=PROMPT, loras=[asked]), catalogue)
    assert why in refused.value.message


def test_too_many_loras_are_refused(catalogue: Catalogue) -> None:
    with pytest.raises(InvalidFields, match="loras has 9 entries; at most 8"):
        to_job(GenerateImagesRequest(prompt=PROMPT, loras=[Lora(name="bend", weight=1)] * 9), catalogue)


def test_without_a_models_folder_there_are_none() -> None:
    asked = GenerateImagesRequest(prompt=PROMPT, loras=[Lora(name="bend", weight=1)])
    with pytest.raises(InvalidFields, match="there is none for shapes"):
        to_job(asked, read_catalogue(None))
