"""ProminenceNet detects stressed syllables from prosody alone."""

from __future__ import annotations

from torch import Tensor, nn

from ..prosody import PROSODY_SIZE

WIDTH = 64


class ProminenceNet(nn.Module):
    """Prosody (B, T, 28) -> logits (B, T) of a stress: three dilated convolutions, 0.7 s to either side."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(PROSODY_SIZE, WIDTH, 7, padding=3),
            nn.GELU(),
            nn.Conv1d(WIDTH, WIDTH, 7, padding=6, dilation=2),
            nn.GELU(),
            nn.Conv1d(WIDTH, WIDTH, 7, padding=12, dilation=4),
            nn.GELU(),
            nn.Conv1d(WIDTH, 1, 1),
        )

    def forward(self, prosody: Tensor) -> Tensor:
        return self.layers(prosody.transpose(1, 2))[:, 0]
