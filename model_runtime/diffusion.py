"""Denoising diffusion: the training noise, and sampling with kept motion and classifier-free guidance.

The networks predict the clean sample under a 1000-step cosine schedule (Nichol and Dhariwal 2021); sampling
uses diffusers' schedulers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

STEPS = 1000
# name -> (scheduler, steps): chosen for quality against time; DDIM with 50 steps is the papers' reference.
PRESETS = {"draft": ("dpm", 5), "final": ("dpm", 12), "reference": ("ddim", 50)}


def cosine_alphas() -> Tensor:
    """Cumulative signal power (1000,) of the cosine schedule, as diffusers' 'squaredcos_cap_v2' computes it."""

    def level(t: float) -> float:
        return math.cos((t + 0.008) / 1.008 * math.pi / 2) ** 2

    betas = [min(1 - level((i + 1) / STEPS) / level(i / STEPS), 0.999) for i in range(STEPS)]
    return torch.cumprod(1 - torch.tensor(betas, dtype=torch.float64), 0).float()


def add_noise(clean: Tensor, noise: Tensor, step: Tensor, alphas: Tensor) -> Tensor:
    """``clean`` (B, ...) at noise step (B,): sqrt(a) x + sqrt(1 - a) n."""
    a = alphas[step].view(-1, *[1] * (clean.dim() - 1))
    return a.sqrt() * clean + (1 - a).sqrt() * noise


def make_scheduler(preset: str) -> Any:
    """A fresh diffusers scheduler set to the preset's steps; to compare samplers, 'ddim25' and the like are understood too."""
    from diffusers import DDIMScheduler, DPMSolverMultistepScheduler

    kind, steps = PRESETS[preset] if preset in PRESETS else (preset.rstrip("0123456789"), int(preset.lstrip("dimp")))
    scheduler: Any
    if kind == "ddim":
        scheduler = DDIMScheduler(beta_schedule="squaredcos_cap_v2", prediction_type="sample", clip_sample=False, timestep_spacing="trailing")
    else:
        scheduler = DPMSolverMultistepScheduler(beta_schedule="squaredcos_cap_v2", prediction_type="sample", timestep_spacing="trailing")
    scheduler.set_timesteps(steps)
    return scheduler


@torch.no_grad()
def sample(
    predict: Callable[[Tensor, Tensor], Tensor],
    noise: Tensor,
    kept: Tensor,
    keep: Tensor,
    preset: str,
    on_step: Callable[[float], None] | None = None,
) -> Tensor:
    """Denoise ``noise`` (B, ...) to a clean sample.

    ``predict(noisy, step (B,))`` gives the clean sample; where ``keep`` (like ``noise``, 0 or 1) is set the
    prediction is overwritten with ``kept``, so kept motion stays exact. ``on_step`` hears the share done.
    """
    scheduler = make_scheduler(preset)
    x = noise
    for index, step in enumerate(scheduler.timesteps):
        # As in training, what is kept enters without noise.
        x = torch.where(keep > 0, kept, x)
        clean = predict(x, step.expand(len(x)))
        clean = torch.where(keep > 0, kept, clean)
        x = scheduler.step(clean, step, x, return_dict=False)[0]
        if on_step is not None:
            on_step((index + 1) / len(scheduler.timesteps))
    return torch.where(keep > 0, kept, x)


def guided(conditional: Tensor, free: Tensor, weight: float) -> Tensor:
    """Classifier-free guidance (Ho and Salimans 2022) on clean samples."""
    return free + weight * (conditional - free)
