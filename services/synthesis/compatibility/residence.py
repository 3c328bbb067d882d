"""Where weights lie, in which precision, and how many may lie on a shared card."""

# pyright: standard
# Torch code.
from __future__ import annotations

from typing import Any

import torch
from diffsynth.configs import VERSION_CHECKER_MAPS, VRAM_MANAGEMENT_MODULE_MAPS
from diffsynth.core.vram.layers import AutoTorchModule, AutoWrappedModule

from services.synthesis.sized import SizedTextEncoder, SizedTransformer

_MODELS = "diffsynth.models"
_QWEN = "transformers.models.qwen2_5_vl.modeling_qwen2_5_vl"
_TEXT_ENCODER = f"{_MODELS}.qwen_image_text_encoder.QwenImageTextEncoder"
_TRANSFORMER = f"{_MODELS}.qwen_image_dit.QwenImageDiT"
_CONTROL = f"{_MODELS}.qwen_image_controlnet.QwenImageBlockWiseControlNet"
_ROTARY = ("Qwen2_5_VLRotaryEmbedding", "Qwen2_5_VisionRotaryEmbedding")
_FLOAT8 = (torch.float8_e4m3fn, torch.float8_e5m2)
_GIB = 2**30


def mend_residence() -> None:
    """Mends DiffSynth's management of device memory.

    Its map of the text encoder names a class that transformers renamed, so that none can be loaded; under
    float8 it casts norms, and rotary frequencies, half of which become zero; its limit counts the memory
    that other processes hold.
    """
    encoder = VERSION_CHECKER_MAPS[_TEXT_ENCODER]()
    for name in _ROTARY:
        # What is not in the map stays as it is, and transformers brings it to its input's device.
        encoder.pop(f"{_QWEN}.{name}", None)
    for owner in (_TEXT_ENCODER, _TRANSFORMER, _CONTROL):
        modules = VRAM_MANAGEMENT_MODULE_MAPS[owner]
        modules.update({name: _path(ExactModule) for name in modules if name.endswith("RMSNorm")})
    # A class without a map is moved as a whole, or not at all.
    VRAM_MANAGEMENT_MODULE_MAPS[_path(SizedTextEncoder)] = encoder
    VRAM_MANAGEMENT_MODULE_MAPS[_path(SizedTransformer)] = VRAM_MANAGEMENT_MODULE_MAPS[_TRANSFORMER]
    AutoTorchModule.check_free_vram = _own_memory_is_below_limit


def reside(part: str, device: str, dtype: torch.dtype, stored: torch.dtype | None = None) -> dict[str, Any]:
    """Returns ModelConfig's settings for a part whose layers come to `device` as its `vram_limit` admits.

    Between its stages the part lies on the host; with `stored`, a float8, on the disk, as what is loaded
    onto the host in float8 is rounded whole. The autoencoder, small as it is, is never rounded.
    """
    rounded = stored if stored is not None and part != "vae" else None
    return {
        "offload_dtype": "disk" if rounded else dtype,
        "offload_device": "disk" if rounded else "cpu",
        "onload_dtype": rounded or dtype,
        "onload_device": "cpu",
        "preparing_dtype": rounded or dtype,
        "preparing_device": device,
        "computation_dtype": dtype,
        "computation_device": device,
    }


def restore_frequencies(pipeline: Any) -> None:
    """Gives the text encoder rotary frequencies in float32, which DiffSynth casts with the weights.

    transformers and diffusers keep them; in bfloat16 they are wrong by up to 0.4 %.
    """
    for module in pipeline.text_encoder.modules():
        if hasattr(module, "original_inv_freq"):
            fresh = type(module)(module.config)
            module.inv_freq = fresh.inv_freq.to(module.inv_freq.device)
            module.original_inv_freq = fresh.original_inv_freq.to(module.inv_freq.device)


class ExactModule(AutoWrappedModule):
    """A module that is moved as its neighbours are, but never rounded to float8."""

    def __init__(self, module: torch.nn.Module, **settings: Any) -> None:
        exact = settings["computation_dtype"]
        super().__init__(
            module, **{key: exact if kept in _FLOAT8 else kept for key, kept in settings.items()}
        )


def _own_memory_is_below_limit(self: AutoTorchModule) -> bool:
    backend: Any = getattr(torch, str(self.computation_device_type))
    return backend.memory_reserved(self.computation_device) / _GIB < self.vram_limit


def _path(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
