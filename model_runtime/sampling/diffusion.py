"""Denoising diffusion: the training noise, and sampling with kept motion and classifier-free guidance.

The networks predict the clean sample under a 1000-step cosine schedule (Nichol and Dhariwal 2021); sampling
uses diffusers' schedulers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

STEPS = 1000
# name -> (sampler, steps): chosen for quality against time; DDIM with 50 steps is the papers' reference.
PRESETS = {"draft": ("snr", 6), "final": ("snr", 12), "reference": ("ddim", 50)}
# Half log-SNR at which 'snr' begins to count its steps: above the noise there, data of deviation 1 cannot be seen.
FIRST_LOG_SNR = -2.5


@lru_cache(maxsize=1)
def cosine_betas() -> Tensor:
    """Noise added by each step (1000,), as diffusers' 'squaredcos_cap_v2' computes it."""

    def level(t: float) -> float:
        return math.cos((t + 0.008) / 1.008 * math.pi / 2) ** 2

    betas = [min(1 - level((i + 1) / STEPS) / level(i / STEPS), 0.999) for i in range(STEPS)]
    return torch.tensor(betas, dtype=torch.float64)


@lru_cache(maxsize=1)
def cosine_alphas() -> Tensor:
    """Cumulative signal power (1000,) of the cosine schedule."""
    return torch.cumprod(1 - cosine_betas(), 0).float()


def add_noise(clean: Tensor, noise: Tensor, step: Tensor, alphas: Tensor) -> Tensor:
    """``clean`` (B, ...) at noise step (B,): sqrt(a) x + sqrt(1 - a) n."""
    a = alphas[step].view(-1, *[1] * (clean.dim() - 1))
    return a.sqrt() * clean + (1 - a).sqrt() * noise


def make_scheduler(preset: str) -> Any:
    """A fresh diffusers scheduler set to the steps of one of ``PRESETS`` or of a sampler with its count, as 'snr12'.

    Samplers: 'ddim' (Song et al. 2021) and 'dpm' (DPM-Solver++ 2M, Lu et al. 2022) with even steps in time, 'snr' the
    same solver with ``even_log_snr_steps``.
    """
    from diffusers import DDIMScheduler, DPMSolverMultistepScheduler

    name = preset.rstrip("0123456789")
    kind, steps = PRESETS[preset] if preset in PRESETS else (name, int(preset[len(name) :]))
    common = {"trained_betas": cosine_betas().numpy(), "prediction_type": "sample", "timestep_spacing": "trailing"}
    scheduler: Any = (
        DDIMScheduler(**common, clip_sample=False) if kind == "ddim" else DPMSolverMultistepScheduler(**common)
    )
    if kind == "snr":
        scheduler.set_timesteps(timesteps=even_log_snr_steps(steps))
    else:
        scheduler.set_timesteps(steps)
    return scheduler


def even_log_snr_steps(count: int) -> list[int]:
    """The last step, then ``count`` - 1 down to step 0 evenly spaced in log-SNR (Lu et al. 2022, section 3.4).

    Even steps in time end at a large one that replaces all detail finer than its noise by its mean: of what deviates by
    a tenth, twelve steps leave 57 % (``test_body_model``). These treat coarse and fine alike.
    """
    signal = cosine_alphas().double()
    level = 0.5 * torch.log(signal / (1 - signal))
    wanted = torch.linspace(FIRST_LOG_SNR, float(level[0]), count - 1, dtype=torch.float64)
    found = (level[:, None] - wanted).abs().argmin(0).tolist()
    return sorted({STEPS - 1, *found}, reverse=True)


@torch.no_grad()
def sample(
    predict: Callable[[Tensor, Tensor], Tensor],
    noise: Tensor,
    kept: Tensor,
    keep: Tensor,
    preset: str,
    on_step: Callable[[float], None] | None = None,
    correct: Callable[[Tensor], Tensor] | None = None,
) -> Tensor:
    """Denoise ``noise`` (B, ...) to a clean sample.

    ``predict(noisy, step (B,))`` gives the clean sample; where ``keep`` (like ``noise``, 0 or 1) is set the
    prediction is overwritten with ``kept``, so kept motion stays exact. ``on_step`` hears the share done.
    ``correct`` changes the predictions of the last third of the steps.
    """
    scheduler = make_scheduler(preset)
    x = noise
    for index, step in enumerate(scheduler.timesteps):
        # As in training, what is kept enters without noise.
        x = torch.where(keep > 0, kept, x)
        clean = predict(x, step.expand(len(x)))
        clean = torch.where(keep > 0, kept, clean)
        if correct is not None and 3 * index >= 2 * len(scheduler.timesteps):
            clean = torch.where(keep > 0, kept, correct(clean))
        x = scheduler.step(clean, step, x, return_dict=False)[0]
        if on_step is not None:
            on_step((index + 1) / len(scheduler.timesteps))
    return torch.where(keep > 0, kept, x)


def scale_noise(noisy: Tensor, clean: Tensor, step: int, by: float) -> Tensor:
    """The clean sample if there were ``1 / by`` of the noise in ``noisy`` that ``clean`` says there is.

    Epsilon scaling (Ning et al. 2024, "Elucidating the exposure bias in diffusion models"): a network that has not
    learned all it could takes some of the motion for noise, and does so again at every step. At the last step, all
    noise, nothing changes.
    """
    signal = cosine_alphas()[step]
    if step == STEPS - 1:
        return clean
    noise = (noisy - signal.sqrt() * clean) / (1 - signal).sqrt()
    return (noisy - (1 - signal).sqrt() * noise / by) / signal.sqrt()


def guided(conditional: Tensor, free: Tensor, weight: float) -> Tensor:
    """Classifier-free guidance (Ho and Salimans 2022) on clean samples."""
    return free + weight * (conditional - free)
