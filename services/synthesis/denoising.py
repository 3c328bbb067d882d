"""What happens between two denoising steps in DiffSynth: report, cancel, park, resume."""

# pyright: standard
# Torch code.
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from diffsynth.diffusion.base_pipeline import PipelineUnit
from diffsynth.diffusion.flow_match import FlowMatchScheduler
from diffsynth.pipelines.qwen_image import QwenImagePipeline

from services.pipelines.forecast import Forecast
from services.synthesis.compatibility.guidance import rescale

OnStep = Callable[[int, torch.Tensor, torch.Tensor], None]

# In the order in which DiffSynth computes them.
_BRANCHES = ("cond", "uncond")


class StepSeam:
    """How the next run of a pipeline goes; what `begin` sets holds for one run.

    `on_step(steps_done, latents, x0)` is called after every step, counted from the schedule's start; both
    tensors are (1, 16, h/8, w/8), `x0` the current estimate of the clean latents. It may raise, which ends
    the run and leaves the pipeline usable.
    """

    def __init__(self) -> None:
        self.forecast = Forecast()
        self.begin()

    def begin(
        self,
        skip: int = 0,
        latents: torch.Tensor | None = None,
        on_step: OnStep | None = None,
        rescaled: bool = True,
    ) -> None:
        """Lets the next run leave out the first `skip` steps of its schedule and go on from `latents`.

        Called with the arguments of the run that made the latents, the image equals its image bit for bit.
        `rescaled` gives guidance the length of the conditional velocity, as diffusers does. Every step is
        computed, unless `forecast` is told otherwise afterwards.
        """
        self.skip, self.latents, self.on_step, self.rescaled = skip, latents, on_step, rescaled
        self.forecast.begin()

    def remaining(self, timesteps: torch.Tensor) -> torch.Tensor:
        """Returns the timesteps still to do; DiffSynth takes it for its progress bar."""
        return timesteps[self.skip :]


def install(pipeline: Any, kind: type[SteppedPipeline] | None = None) -> StepSeam:
    """Puts a seam into a loaded pipeline, once, which becomes one of that kind."""
    seam = StepSeam()
    # DiffSynth builds its own class in a static method, so that the class can only be changed afterwards.
    pipeline.__class__ = kind or SteppedPipeline
    pipeline.seam = seam
    pipeline.units.append(_Resumption())
    return seam


def schedule(pipeline: Any, *, few_steps: bool) -> None:
    """Gives the next run the noise levels of the model, or those that Lightning's weights were trained at."""
    pipeline.scheduler = FlowMatchScheduler("Qwen-Image-Lightning" if few_steps else "Qwen-Image")


class _Resumption(PipelineUnit):
    """Runs after all others, and replaces the latents that they begin with."""

    def __init__(self) -> None:
        # Annotated as tuples of one, and never None though None is their default.
        names: Any = ("latents",)
        super().__init__(input_params=names, output_params=names)

    def process(self, pipe: Any, **kwargs: Any) -> dict[str, Any]:
        saved: torch.Tensor | None = pipe.seam.latents
        return {} if saved is None else {"latents": saved.to(pipe.device, pipe.torch_dtype)}


class SteppedPipeline(QwenImagePipeline):
    """DiffSynth's pipeline, counting from where the seam begins."""

    seam: StepSeam  # type: ignore[assignment]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs as the seam was told."""
        try:
            # Annotated as tqdm itself, though any function of the timesteps will do.
            remaining: Any = self.seam.remaining
            return super().__call__(*args, **kwargs, progress_bar_cmd=remaining)
        finally:
            self.seam.begin()
            # After an exception DiffSynth leaves its weights where they are.
            self.load_models_to_device([])

    def cfg_guided_model_fn(
        self, model_fn: Any, cfg_scale: float, *inputs: Any, progress_id: int, **others: Any
    ) -> Any:
        """Guides with the step's number in the whole schedule, which decides what a ControlNet does."""
        predicted: list[torch.Tensor] = []

        def remember(**named: Any) -> torch.Tensor:
            branch = _BRANCHES[len(predicted)]
            velocity = self.seam.forecast.velocity(branch, named["latents"], lambda: model_fn(**named))
            predicted.append(velocity)
            return velocity

        count = progress_id + self.seam.skip
        velocity: Any = super().cfg_guided_model_fn(remember, cfg_scale, *inputs, progress_id=count, **others)
        return rescale(velocity, predicted[0]) if self.seam.rescaled and len(predicted) == 2 else velocity

    def step(
        self,
        scheduler: Any,
        latents: torch.Tensor,
        progress_id: int,
        noise_pred: torch.Tensor,
        input_latents: torch.Tensor | None = None,
        inpaint_mask: torch.Tensor | None = None,
        **others: Any,
    ) -> torch.Tensor:
        """Takes the step at its place in the whole schedule, and reports it."""
        count = progress_id + self.seam.skip
        stepped = super().step(scheduler, latents, count, noise_pred, input_latents, inpaint_mask, **others)
        self.seam.forecast.advance()
        if self.seam.on_step is not None:
            clean = latents - scheduler.sigmas[count] * noise_pred
            if inpaint_mask is not None:
                clean = self.blend_with_mask(input_latents, clean, inpaint_mask)
            self.seam.on_step(count + 1, stepped, clean)
        return stepped
