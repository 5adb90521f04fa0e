"""Network of the default speech encoder: log-mel frames -> speech features and phone posteriors, at 50 Hz.

A residual stack of dilated convolutions with 1.4 s of context. It is trained on phones rather than by self-supervision,
which would need a hundred times as much speech.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class AudioEncoderConfig:
    """Sizes of the network; ``dilations``: one block each."""

    mels: int = 80
    width: int = 160
    dilations: tuple[int, ...] = (1, 2, 4, 1, 2, 4, 1, 2)
    features: int = 64
    phones: int = 40
    dropout: float = 0.15


class AudioEncoder(nn.Module):
    """(B, N, 80) normalised log-mels -> features (B, N, 64) in [-1, 1] and phone logits (B, N, 40), 1.25 M weights."""

    def __init__(self, config: AudioEncoderConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or AudioEncoderConfig()
        self.stem = nn.Conv1d(config.mels, config.width, 3, padding=1)
        self.blocks = nn.ModuleList(_Block(config.width, dilation, config.dropout) for dilation in config.dilations)
        self.norm = nn.LayerNorm(config.width)
        self.features = nn.Linear(config.width, config.features)
        self.phones = nn.Linear(config.features, config.phones)

    def forward(self, mels: Tensor) -> tuple[Tensor, Tensor]:
        hidden = F.gelu(self.stem(mels.transpose(1, 2))).transpose(1, 2)
        for block in self.blocks:
            hidden = block(hidden)
        # The phones are computed from the features alone, so that the features carry the phones.
        features = torch.tanh(self.features(self.norm(hidden)))
        return features, self.phones(features)


class _Block(nn.Module):
    """A norm of each frame, so that values do not depend on the length of the clip, a dilated convolution and a mix of
    channels.
    """

    def __init__(self, width: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.conv = nn.Conv1d(width, width, 5, padding=2 * dilation, dilation=dilation)
        self.mix = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, hidden: Tensor) -> Tensor:
        update = F.gelu(self.conv(self.norm(hidden).transpose(1, 2))).transpose(1, 2)
        return hidden + self.dropout(self.mix(update))


def normalise_mels(mels: Tensor, speech: Tensor) -> Tensor:
    """Normalise log-mels (B, N, 80) to zero mean and unit variance per band over frames where ``speech`` (B, N) is 1.

    This removes level and microphone. Without speech the result is -5, the value of silence.
    """
    weight = speech[..., None].to(mels.dtype)
    count = weight.sum(dim=1, keepdim=True)
    # Digital silence lies far below any room: lift it to 60 dB (14 nat) under the loudest frame.
    loudest = mels.mean(dim=2, keepdim=True).amax(dim=1, keepdim=True)
    mels = torch.maximum(mels, loudest - 14.0)
    mean = (mels * weight).sum(dim=1, keepdim=True) / count.clamp_min(1.0)
    variance = ((mels - mean).square() * weight).sum(dim=1, keepdim=True) / count.clamp_min(1.0)
    normal = ((mels - mean) / variance.sqrt().clamp_min(0.6)).clamp(-5.0, 5.0)
    return torch.where(count > 0, normal, torch.full_like(normal, -5.0))
