"""Transformer parts shared by the denoisers: rotary attention, adaptive layer norm, step embedding."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def rotary_angles(tokens: int, head_width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return cosine and signed sine (tokens, head_width) of rotary positions (Su et al. 2021, equation 15)."""
    frequency = 1.0 / (10000 ** (torch.arange(0, head_width, 2, device=device).float() / head_width))
    angle = torch.arange(tokens, device=device).float()[:, None] * frequency
    cosine, sine = angle.cos(), angle.sin()
    return torch.cat([cosine, cosine], -1), torch.cat([-sine, sine], -1)


def rotate_half(x: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
    """Rotate the channel pairs (c, c + half) of (B, heads, tokens, width) by their position."""
    cosine, sine = (part.to(x.dtype) for part in rotary)
    return torch.addcmul(x * cosine, x.roll(x.shape[-1] // 2, -1), sine)


class MultiHeadProjections(nn.Module):
    """The linear layers of multi-head attention; queries from ``x``, keys and values from ``context``."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width, bias=False)
        self.key_value = nn.Linear(width, 2 * width, bias=False)
        self.out = nn.Linear(width, width)

    def project(self, x: Tensor, context: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries (B, heads, N, width / heads), keys and values (B, heads, M, width / heads)."""
        q = self.query(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        k, v = self.key_value(context).unflatten(-1, (2, self.heads, -1)).permute(2, 0, 3, 1, 4)
        return q, k, v


class Attention(MultiHeadProjections):
    """Multi-head attention with rotary positions."""

    def forward(self, x: Tensor, context: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
        q, k, v = self.project(x, context)
        mixed = F.scaled_dot_product_attention(rotate_half(q, rotary), rotate_half(k, rotary), v)
        return self.out(mixed.transpose(1, 2).flatten(-2))


class StepEmbedding(nn.Module):
    """Embed the noise step (B,) as (B, width): sinusoids, then two layers."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.layers = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, step: Tensor) -> Tensor:
        half = self.width // 2
        frequency = torch.exp(-math.log(10000.0) * torch.arange(half, device=step.device) / half)
        angle = step.float()[:, None] * frequency
        return self.layers(torch.cat([angle.cos(), angle.sin()], -1))


def modulate(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """Return the adaptive layer norm (Peebles and Xie 2023) of ``x`` (B, N, width).

    ``shift`` and ``scale`` (B, width).
    """
    return torch.addcmul(shift[:, None], F.layer_norm(x, x.shape[-1:]), 1 + scale[:, None])
