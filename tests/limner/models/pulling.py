"""A model to be fetched from the test hub."""

from __future__ import annotations

import random
from dataclasses import replace

from limner.models.download import Outcome, pull
from limner.models.entry import Entry, Source
from limner.models.hub_settings import HubSettings
from limner.models.persistence import Patience
from limner.models.progress import Progress
from limner.models.shelf import Shelf
from tests.hub_contents import Hub

REPOSITORY = "Ada/Lantern"
WEIGHTS = "transformer/model.safetensors"
FILES = {
    "model_index.json": b'{"_class_name": "QwenImagePipeline"}',
    WEIGHTS: random.Random(1).randbytes(300_000),
    "vae/model.safetensors": random.Random(2).randbytes(100_000),
    "tokenizer/merges.txt": "a b\nä ö\n".encode() * 500,
    "LICENSE": b"Apache-2.0",
}
UNWANTED = {"README.md": b"# Lantern", "pytorch_model.bin": b"\x80\x04", ".gitattributes": b"*"}
# Pauses that a person would bear are too long for a test.
HASTY = Patience(tries=4, pause_s=0.001, longest_pause_s=0.002, silence_s=5.0)


def entry(revision: str = "main", *sources: Source) -> Entry:
    """Returns the catalogue's entry of a model at that revision."""
    return Entry(
        name="lantern",
        title="Lantern",
        family="qwen-image",
        license="Apache-2.0",
        license_url="",
        commercial_use=True,
        opt_in=False,
        sources=sources or (Source(REPOSITORY, revision, ()),),
        skills=frozenset({"text_to_image"}),
        native_width_px=128,
        native_height_px=128,
    )


def research_only() -> Entry:
    """Returns a model that may not be sold with."""
    url = "https://example.org/licence"
    return replace(entry(), license="Lantern-NC-1.0", license_url=url, commercial_use=False, opt_in=True)


def fetch(
    hub: Hub,
    shelf: Shelf,
    what: Entry | None = None,
    seen: list[Progress] | None = None,
    patience: Patience = HASTY,
    *,
    is_accepted: bool = False,
) -> Outcome:
    """Pulls a model from the test hub."""
    tell = (seen if seen is not None else []).append
    return pull(what or entry(), shelf, HubSettings(hub.url), tell, patience, is_accepted=is_accepted)


def contents(shelf: Shelf) -> dict[str, bytes]:
    """Returns what lies in the finished model's folder."""
    folder = shelf.finished("lantern")
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "limner.json")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
