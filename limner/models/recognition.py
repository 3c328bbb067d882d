"""Recognises weights by what their files say of themselves; no tensor is read, and nothing is unpickled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from limner.models import lora
from limner.models.architecture import QWEN_IMAGE, QWEN_IMAGE_21, Architecture, Part, identify
from limner.models.headers import Header, HeaderBroken, HeaderForeign, read_header
from limner.models.verdict import Verdict

SAFETENSORS = ".safetensors"
PICKLED = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"})
GGUF = ".gguf"
_AGAIN = "Download it again, or copy it again from where it came from."
_FETCH = "`limner models list` names the models that can be fetched."
_INTO_FOLDER = {
    Part.TRANSFORMER: "It would be the `transformer` of a folder in diffusers layout, beside `text_encoder`, "
    "`vae`, `tokenizer`, `scheduler` and `model_index.json`: `limner models pull` fetches whole models.",
    Part.TEXT_ENCODER: "It would be the `text_encoder` of a folder in diffusers layout: `limner models pull` "
    "fetches whole models.",
    Part.VAE: "It would be the `vae` of a folder in diffusers layout: `limner models pull` fetches whole "
    "models.",
}


def recognise(path: Path) -> Verdict:
    """Returns the verdict on a single file; whatever is in it, and also when it cannot be read."""
    try:
        size_bytes = path.stat().st_size
        return replace(_recognise(path), size_bytes=size_bytes)
    except OSError as error:
        reason = f"{path.name} cannot be read: {(error.strerror or str(error)).lower()}."
        return Verdict(path.name, False, reason, "Check that it is there and that you may read it.")


def judge(name: str, header: Header) -> Verdict:
    """Returns the verdict on the weights of one header, taken for themselves. Pure."""
    found = lora.identify(header.tensors) or identify(header.tensors)
    verdict = _usable(name, found) if found.family in {QWEN_IMAGE, QWEN_IMAGE_21} else _foreign(name, found)
    return replace(verdict, architecture=found, dtype=header.dtype, parameters=header.parameters)


def refuse_by_name(path: Path) -> Verdict | None:
    """Returns a verdict where the name alone is enough to leave a file closed; else None."""
    if path.suffix.lower() in PICKLED:
        return Verdict(
            path.name,
            False,
            f"{path.name} is pickled: opening it could run any program, so it stays closed.",
            "Use the safetensors file of the same model; most repositories have one.",
        )
    if path.suffix.lower() == GGUF:
        return _gguf(path.name)
    return None


def broken(name: str, error: HeaderBroken) -> Verdict:
    """Returns the verdict on a file whose header cannot be used."""
    if isinstance(error, HeaderForeign):
        return _gguf(name)
    return Verdict(name, False, f"{name} {error}.", _AGAIN)


def _recognise(path: Path) -> Verdict:
    if (refused := refuse_by_name(path)) is not None:
        return refused
    try:
        return judge(path.name, read_header(path))
    except HeaderBroken as error:
        return broken(path.name, error)


def _gguf(name: str) -> Verdict:
    return Verdict(
        name,
        False,
        f"{name} is a GGUF file, which llama.cpp and ComfyUI read.",
        "Fetch the model in diffusers layout; the tiers fp8 and nf4 make it small here, once.",
    )


def _usable(name: str, found: Architecture) -> Verdict:
    article = "an" if found.part is Part.VAE else "a"
    what = f"{name} is {article} {found.part} of the {found.family} family"
    if found.part is Part.LORA:
        return Verdict(name, True, f"{what}.")
    if found.part is Part.CONTROL and found.family == QWEN_IMAGE:
        # By itself it paints nothing; in `controlnets/KIND` of a model's folder it guides that.
        sizes = f"{found.blocks} blocks, {found.width} wide"
        return Verdict(name, True, f"{what}, for transformers of {sizes}.")
    if found.family == QWEN_IMAGE_21:
        return Verdict(name, False, f"{what}, which this Limner cannot run yet.", _FETCH)
    if found.is_scaled:
        return Verdict(
            name,
            False,
            f"{what} with 8-bit weights and scales, as ComfyUI reads them.",
            "Fetch the model in diffusers layout; the tier fp8 makes its own 8-bit weights, once.",
        )
    return Verdict(name, False, f"{what}, and no whole model.", _INTO_FOLDER[found.part])


def _foreign(name: str, found: Architecture) -> Verdict:
    if not found.family:
        return Verdict(name, False, f"{name} holds weights of a kind that is not known here.", _FETCH)
    what = "a LoRA for" if found.part is Part.LORA else "of"
    reason = f"{name} is {what} {found.family}, and Limner runs the Qwen-Image family."
    if found.family.startswith(("a ", "an ")):
        reason = f"{name} is {found.family}, which Limner has no use for by itself."
    return Verdict(name, False, reason, _FETCH)
