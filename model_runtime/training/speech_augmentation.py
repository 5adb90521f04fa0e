"""Augmentation of log-mels (B, N, 80): other vocal tracts, speeds, rooms, microphones and noises.

Powers of independent sounds add, so noise and echo are added as powers; a longer vocal tract shifts the mel axis.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from ..speech.phones import SILENCE

_LOW_MEL, _HIGH_MEL = (2595.0 * math.log10(1.0 + hertz / 700.0) for hertz in (50.0, 7600.0))
_FLOOR = -18.4


def augment(mels: Tensor, labels: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return augmented crops and their labels from crops that are 1.3 times as long. Every choice is made per item."""
    mels, labels = _speed(mels, labels, generator)
    mels = _vocal_tract(mels, generator)
    mels = _blur(mels, generator)
    mels = _reverb(mels, generator)
    mels = _equaliser(mels, generator)
    mels = _noise(mels, generator)
    mels, labels = _pauses(mels, labels, generator)
    return _masks(mels, generator), labels


def _speed(mels: Tensor, labels: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    batch, long, _ = mels.shape
    length = int(long / 1.3)
    factor = 0.8 + 0.48 * _uniform(batch, generator, mels)
    at = torch.arange(length, device=mels.device) * factor[:, None]
    low = at.floor().long().clamp_max(long - 2)
    part = (at - low)[..., None]
    rows = torch.arange(batch, device=mels.device)[:, None]
    return mels[rows, low] * (1.0 - part) + mels[rows, low + 1] * part, labels[
        rows, at.round().long().clamp_max(long - 1)
    ]


def _vocal_tract(mels: Tensor, generator: torch.Generator) -> Tensor:
    """Scale the frequency axis by 0.84 to 1.19 and read the bands there."""
    batch, length, bands = mels.shape
    scale = torch.exp(0.175 * (2.0 * _uniform(batch, generator, mels) - 1.0))
    mel = torch.linspace(_LOW_MEL, _HIGH_MEL, bands, device=mels.device)
    hertz = 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    warped = 2595.0 * torch.log10(1.0 + hertz * scale[:, None] / 700.0)
    at = ((warped - _LOW_MEL) / (_HIGH_MEL - _LOW_MEL) * (bands - 1)).clamp(0.0, bands - 1.001)
    low = at.floor().long()
    part = (at - low)[:, None]
    low = low[:, None].expand(batch, length, bands)
    return mels.gather(2, low) * (1.0 - part) + mels.gather(2, low + 1) * part


def _blur(mels: Tensor, generator: torch.Generator) -> Tensor:
    """Blur a third of the crops across bands: harmonics depend on the pitch, not on the phone."""
    kernel = torch.tensor([0.1, 0.2, 0.4, 0.2, 0.1], device=mels.device)[None, None]
    batch, length, bands = mels.shape
    soft = F.conv1d(F.pad(mels.reshape(-1, 1, bands), (2, 2), mode="replicate"), kernel).reshape(batch, length, bands)
    return torch.where(_chance(0.35, mels, generator), soft, mels)


def _reverb(mels: Tensor, generator: torch.Generator) -> Tensor:
    """Add a tail of 0.15 to 0.7 s (60 dB), 6 to 20 dB below the direct sound."""
    batch = len(mels)
    seconds = 0.15 + 0.55 * _uniform(batch, generator, mels)
    times = torch.arange(24, device=mels.device) / 50.0
    decay = torch.exp(-13.8 * times / seconds[:, None])
    decay[:, 0] = 0.0
    wet = 10.0 ** (-(6.0 + 14.0 * _uniform(batch, generator, mels)) / 10.0)
    kernel = (wet / decay.sum(dim=1).clamp_min(1e-6))[:, None] * decay
    kernel[:, 0] = 1.0
    power = mels.exp().transpose(1, 2)
    echoed = F.conv1d(F.pad(power, (23, 0)).transpose(0, 1), kernel.flip(1)[:, None], groups=batch).permute(1, 2, 0)
    return torch.where(_chance(0.4, mels, generator), echoed.clamp_min(1e-8).log(), mels)


def _equaliser(mels: Tensor, generator: torch.Generator) -> Tensor:
    """Add a tilt and slow waves along the bands, some dB each, as of microphones; telephones end at 3.4 kHz."""
    batch, _, bands = mels.shape
    axis = torch.linspace(-1.0, 1.0, bands, device=mels.device)
    shapes = torch.stack(
        [axis, torch.cos(math.pi * axis), torch.cos(2.0 * math.pi * axis), torch.sin(2.0 * math.pi * axis)]
    )
    size = torch.tensor([1.5, 0.8, 0.6, 0.6], device=mels.device)
    curve = (torch.randn(batch, 4, generator=generator, device=mels.device) * size) @ shapes
    narrow = (axis > 0.32).float() * -7.0
    curve = curve + narrow * _chance(0.1, mels, generator)[:, :, 0].float()
    return mels + curve[:, None]


def _noise(mels: Tensor, generator: torch.Generator) -> Tensor:
    """Add steady noise of any colour 5 to 35 dB below the voice, and to 15 % of the crops another voice."""
    batch, length, bands = mels.shape
    power = mels.exp()
    level = power.mean(dim=(1, 2), keepdim=True)
    axis = torch.linspace(-1.0, 1.0, bands, device=mels.device)
    slope = -1.5 + 2.0 * torch.randn(batch, 1, 1, generator=generator, device=mels.device)
    colour = (
        torch.softmax(slope * axis + 0.3 * torch.randn(batch, 1, bands, generator=generator, device=mels.device), dim=2)
        * bands
    )
    # The power of noise in a band varies from frame to frame like a sum of a few squares.
    flutter = torch.randn(batch, length, bands, 4, generator=generator, device=mels.device).square().mean(dim=3)
    below = 10.0 ** (-(5.0 + 30.0 * _uniform(batch, generator, mels)) / 10.0)[:, None, None]
    noisy = power + level * below * colour * flutter * _chance(0.6, mels, generator)
    other = power.roll(1, dims=0) * 10.0 ** (-(12.0 + 12.0 * _uniform(batch, generator, mels)) / 10.0)[:, None, None]
    return (noisy + other * _chance(0.15, mels, generator)).clamp_min(1e-8).log()


def _pauses(mels: Tensor, labels: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Insert digital silence, as between the clips of an edit."""
    batch, length, _ = mels.shape
    start = (_uniform(batch, generator, mels) * length)[:, None]
    span = (_uniform(batch, generator, mels) * 60.0 + 5.0)[:, None]
    at = torch.arange(length, device=mels.device)
    quiet = (at >= start) & (at < start + span) & _chance(0.3, mels, generator)[:, :, 0]
    return mels.masked_fill(quiet[..., None], _FLOOR), labels.masked_fill(quiet, SILENCE)


def _masks(mels: Tensor, generator: torch.Generator) -> Tensor:
    """Set some bands and a few frames to the mean of the crop: SpecAugment (Park et al. 2019)."""
    batch, length, bands = mels.shape
    mean = mels.mean(dim=(1, 2), keepdim=True)
    hidden = torch.zeros(batch, length, bands, dtype=torch.bool, device=mels.device)
    for _ in range(2):
        hidden |= _span(bands, 10.0, batch, mels, generator)[:, None, :]
        hidden |= _span(length, 5.0, batch, mels, generator)[:, :, None]
    return torch.where(hidden & _chance(0.6, mels, generator), mean, mels)


def _span(size: int, widest: float, batch: int, like: Tensor, generator: torch.Generator) -> Tensor:
    start = (_uniform(batch, generator, like) * size)[:, None]
    width = (_uniform(batch, generator, like) * widest)[:, None]
    at = torch.arange(size, device=like.device)
    return (at >= start) & (at < start + width)


def _uniform(count: int, generator: torch.Generator, like: Tensor) -> Tensor:
    return torch.rand(count, generator=generator, device=like.device)


def _chance(share: float, like: Tensor, generator: torch.Generator) -> Tensor:
    """Return (B, 1, 1), true for about ``share`` of the items."""
    return (_uniform(len(like), generator, like) < share)[:, None, None]
