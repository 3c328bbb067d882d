"""Lists the LoRAs of a folder: what each is, and which models it fits. Only headers are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from limner.models import lora
from limner.models.architecture import QWEN_IMAGE, Part, Tensors
from limner.models.headers import HeaderBroken, read_header
from limner.models.part import PartBroken, read_part
from limner.models.recognition import recognise
from limner.models.verdict import Verdict

_UNLIKELY = frozenset(
    {".json", ".md", ".txt", ".png", ".jpg", ".jpeg", ".webp", ".yaml", ".yml", ".toml", ""}
)


@dataclass(frozen=True, slots=True)
class Lora:
    """One LoRA of the folder."""

    name: str  # of its file, without what is behind the last point; in a folder of its own, of that
    path: Path
    verdict: Verdict
    misfits: Mapping[str, str]  # why it does not fit, in words, by the model's name; empty text: it fits

    @property
    def fits(self) -> tuple[str, ...]:
        """The names of the models that it fits."""
        return tuple(model for model, why in self.misfits.items() if not why)


def list_loras(folder: Path | None, transformers: Mapping[str, Tensors]) -> tuple[Lora, ...]:
    """Returns the LoRAs in `folder` by name, each held against every model's transformer.

    What cannot be used is listed too, with its verdict; a folder that is not there holds none.
    """
    if folder is None or not folder.is_dir():
        return ()
    try:
        files = sorted(file for file in _files(folder) if file.suffix.lower() not in _UNLIKELY)
    except OSError:
        return ()
    return tuple(_read(folder, file, transformers) for file in files)


def read_transformer(model: Path) -> Tensors:
    """Returns the tensors of a checkpoint's transformer, without their numbers; none when it is broken."""
    try:
        return read_part(model, model / "transformer")[0].tensors
    except (PartBroken, OSError):
        return {}


def _files(folder: Path) -> list[Path]:
    # A file, or a folder of one's own: as `limner models pull` and PEFT leave them.
    found: list[Path] = []
    for path in folder.iterdir():
        if path.name.startswith("."):
            continue
        found += [file for file in path.iterdir() if file.is_file()] if path.is_dir() else [path]
    return found


def _read(folder: Path, file: Path, transformers: Mapping[str, Tensors]) -> Lora:
    name = file.stem if file.parent == folder else file.parent.name
    verdict = replace(recognise(file), name=name)
    if verdict.is_usable and verdict.part is Part.LORA and verdict.family == QWEN_IMAGE:
        misfits = {model: _misfit(file, tensors) for model, tensors in transformers.items()}
        return Lora(name, file, _hold(verdict, misfits), misfits)
    return Lora(name, file, _refuse(verdict), {})


def _misfit(file: Path, transformer: Tensors) -> str:
    try:
        return lora.misfit(read_header(file).tensors, transformer)
    except (HeaderBroken, OSError) as error:
        return str(error)


def _hold(verdict: Verdict, misfits: Mapping[str, str]) -> Verdict:
    fits = [model for model, why in misfits.items() if not why]
    what = f"{verdict.name} is a LoRA of rank {verdict.architecture.rank}"
    if fits:
        return replace(verdict, reason=f"{what} for {', '.join(fits)}.")
    if not misfits:
        return replace(verdict, reason=f"{what} of the {verdict.family} family.")
    model, why = next(iter(misfits.items()))
    return replace(
        verdict,
        is_usable=False,
        reason=f"{what} and fits none of the models here; for {model}, {why}.",
        next_step="Fetch the model that it was trained for.",
    )


def _refuse(verdict: Verdict) -> Verdict:
    if not verdict.is_usable and verdict.part is not Part.LORA and verdict.part is not Part.UNKNOWN:
        return replace(
            verdict,
            reason=f"{verdict.name} is a {verdict.part} of {verdict.family}, and no LoRA.",
            next_step="Keep only LoRAs in this folder.",
        )
    if verdict.is_usable:
        return replace(
            verdict,
            is_usable=False,
            reason=f"{verdict.name} is a LoRA of {verdict.family}, which this Limner cannot run yet.",
            next_step="Keep it for later, or remove it.",
        )
    return verdict
