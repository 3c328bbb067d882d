"""A text-to-image worker that answers at once: whatever time passes is the studio's own."""

from __future__ import annotations

from PIL import Image as Pillow

from limner.image.v1.image_pb2 import Image, Size
from limner.progress.v1.progress_pb2 import Checkpoint
from limner.t2i.v1.t2i_pb2 import GenerateImagesRequest, Result
from services.pipelines.pixels import encode_png
from services.pipelines.worker import Reporter, work


def paint() -> bytes:
    """Returns a grey PNG of 128×128 pixels."""
    return encode_png(Pillow.new("RGB", (128, 128), "grey"), {})


class Engine:
    """Takes no time and no memory."""

    def library_versions(self) -> dict[str, str]:
        return {}

    def load(self, model: str, tier: str, device: str, budget_bytes: int) -> None:
        return None

    def resize(self, budget_bytes: int) -> None:
        return None

    def run(self, request: bytes, resume_from: Checkpoint | None, report: Reporter) -> None:
        job = GenerateImagesRequest.FromString(request)
        for index, seed in enumerate(job.seeds):
            picture = Image(data=paint(), format="png", size=Size(width=128, height=128))
            report.result(index, Result(image_index=index, seed=seed, image=picture))


if __name__ == "__main__":
    work(Engine(), "limner-t2i-worker")
