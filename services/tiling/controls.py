"""ControlNets that hold each tile of a batch to a picture of its own."""

# pyright: standard
# Torch code.
from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from diffsynth.pipelines.qwen_image import QwenImageUnit_BlockwiseControlNet

_CONDITIONING = "blockwise_controlnet_conditioning"


def stack_controls(pipeline: Any) -> None:
    """Lets the controls of a loaded pipeline have a list of pictures each, one for every tile; once."""
    pipeline.units[:] = [
        _StackedControls() if type(unit) is QwenImageUnit_BlockwiseControlNet else unit
        for unit in pipeline.units
    ]


class _StackedControls(QwenImageUnit_BlockwiseControlNet):
    def process(self, pipe: Any, *args: Any, **asked: Any) -> dict[str, Any]:
        """Returns the conditioning of each control, its pictures stacked."""
        embed: Any = super().process
        controls = asked.pop("blockwise_controlnet_inputs") or ()
        stacks = [
            torch.cat([embed(pipe, [replace(each, image=i)], **asked)[_CONDITIONING][0] for i in each.image])
            for each in controls
        ]
        return {_CONDITIONING: stacks} if stacks else {}
