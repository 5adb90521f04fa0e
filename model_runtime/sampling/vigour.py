"""Energy of arms and heads: how much of what a prediction takes for noise is kept as motion.

The networks' own condition of liveliness hardly moves the hands. Epsilon scaling does (``body_sampler.NOISE_SCALE`` is
tuned so that hands are as quick as people's): more of it gives larger, quicker and more gestures, less of it fewer and
smaller ones, all in the networks' own phrasing, so they keep time with the voice. Scaled as it is, the noise would make
hands tremble, so only the slow part of the difference is kept.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..common.arrays import FloatArray
from .diffusion import scale_predicted_noise

_STRENGTH = 1.25  # by this factor the noise scale rises from usual to full energy, and falls to none
_SMOOTHING = 3.0  # frames: deviation of the Gaussian over the difference


def vigour_of(energy: FloatArray) -> Tensor:
    """Return the factor (1, 2, T, 1) of the noise scale for two actors of this ``energy`` (2, T)."""
    return torch.from_numpy(_STRENGTH ** (energy - 1.0)).float()[None, :, :, None]


def scaled_with(vigour: Tensor, noisy: Tensor, clean: Tensor, step: int, scale: float) -> Tensor:
    """Return ``scale_predicted_noise``, and the slow part of what ``vigour`` (1, 2, T, 1) times the scale changes."""
    usual = scale_predicted_noise(noisy, clean, step, scale)
    return usual + _slow(scale_predicted_noise(noisy, clean, step, scale * vigour) - usual)


def _slow(values: Tensor) -> Tensor:
    """Return (1, 2, T, F) filtered by a Gaussian over time."""
    radius = round(3 * _SMOOTHING)
    kernel = torch.exp(-0.5 * (torch.arange(-radius, radius + 1) / _SMOOTHING) ** 2)
    rows = values.movedim(2, -1)
    padded = torch.nn.functional.pad(rows.reshape(-1, 1, rows.shape[-1]), (radius, radius), mode="replicate")
    return torch.nn.functional.conv1d(padded, (kernel / kernel.sum())[None, None]).reshape(rows.shape).movedim(-1, 2)
