"""DuetDenoiser: the clean motion of two people from a noisy one, under labels, voices and motion kept.

One class serves both stages. The weights are shared by the two actors and each attends to the other, so that
swapping the actors swaps the output.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..body_features import BODY_SIZE, LOWER_GROUPS, LOWER_SIZE, UPPER_GROUPS, UPPER_SIZE
from ..contract import ACTION_LABELS
from .blocks import Attention, StepEmbedding, modulate, rotary_angles

PATCH = 5  # frames a token
PROSODY_SIZE = 28
# Per-frame conditions by name, each droppable on its own: own and the partner's side by side.
CONDITIONS = {"labels": 2 * len(ACTION_LABELS), "speech": PROSODY_SIZE, "partner_speech": PROSODY_SIZE, "seat": 1}


def conditions_of(labels: Tensor, prosody: Tensor, seat: Tensor) -> dict[str, Tensor]:
    """``labels`` (B, 2, T) indices, ``prosody`` (B, 2, T, 28), ``seat`` (B, 2, T, 1) over pelvis height -> by name."""
    one_hot = nn.functional.one_hot(labels.long(), len(ACTION_LABELS)).float()
    return {
        "labels": torch.cat([one_hot, one_hot.flip(1)], -1),
        "speech": prosody,
        "partner_speech": prosody.flip(1),
        "seat": seat,
    }


@dataclass(frozen=True)
class DuetConfig:
    """``stage``: 'lower' or 'upper'; sizes of the transformer."""

    stage: str
    width: int = 256
    heads: int = 8
    blocks: int = 6

    @property
    def features(self) -> int:
        return LOWER_SIZE if self.stage == "lower" else UPPER_SIZE

    @property
    def groups(self) -> tuple[slice, ...]:
        return LOWER_GROUPS if self.stage == "lower" else UPPER_GROUPS

    def spread(self, mask: Tensor) -> Tensor:
        """A mask (..., groups) as one value per feature (..., F)."""
        return torch.cat([mask[..., i : i + 1].expand(*mask.shape[:-1], g.stop - g.start) for i, g in enumerate(self.groups)], -1)

    @property
    def given(self) -> int:
        """Per-frame features that are given and never noised: the upper stage sees the lower body."""
        return 0 if self.stage == "lower" else LOWER_SIZE


CONFIGS = {
    "tiny": dict(width=64, heads=4, blocks=2),  # a minute on a CPU, for tests
    "small": dict(width=192, heads=6, blocks=5),  # an hour or two of one CPU core
    "default": dict(width=256, heads=8, blocks=6),  # 20 minutes of a large GPU
}


class DuetBlock(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.self_attention = Attention(width, heads)
        self.partner_attention = Attention(width, heads)
        self.feed_forward = nn.Sequential(nn.Linear(width, 3 * width), nn.GELU(approximate="tanh"), nn.Linear(3 * width, width))
        self.shift = nn.Parameter(torch.zeros(9 * width))

    def forward(self, x: Tensor, modulation: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
        """``x`` (B * 2, N, width) with the two actors of a pair side by side; ``modulation`` (B * 2, 9 * width)."""
        s1, g1, a1, s2, g2, a2, s3, g3, a3 = (modulation + self.shift).chunk(9, -1)
        h = modulate(x, s1, g1)
        x = x + (1 + a1)[:, None] * self.self_attention(h, h, rotary)
        h = modulate(x, s2, g2)
        partner = h.unflatten(0, (-1, 2)).flip(1).flatten(0, 1)
        x = x + (1 + a2)[:, None] * self.partner_attention(h, partner, rotary)
        return x + (1 + a3)[:, None] * self.feed_forward(modulate(x, s3, g3))


class DuetDenoiser(nn.Module):
    def __init__(self, config: DuetConfig) -> None:
        super().__init__()
        self.config = config
        width, features = config.width, config.features
        frame_inputs = features + features + len(config.groups) + config.given
        self.patch_in = nn.Conv1d(frame_inputs, width, kernel_size=9, stride=PATCH, padding=2)
        self.conditions_in = nn.ModuleDict({name: nn.Conv1d(size, width, 9, PATCH, 2) for name, size in CONDITIONS.items()})
        self.nulls = nn.ParameterDict({name: nn.Parameter(torch.zeros(size)) for name, size in CONDITIONS.items()})
        self.step = StepEmbedding(width)
        self.body = nn.Sequential(nn.Linear(2 * BODY_SIZE, width), nn.SiLU(), nn.Linear(width, width))
        self.blocks = nn.ModuleList(DuetBlock(width, config.heads) for _ in range(config.blocks))
        # One projection for all blocks, each adding its own offset: PixArt-alpha's adaLN-single (Chen et al. 2023).
        self.adapt = nn.Linear(width, 9 * width)
        self.norm = nn.Linear(width, 2 * width)
        self.patch_out = nn.ConvTranspose1d(width, features, kernel_size=9, stride=PATCH, padding=2)
        for layer in (self.adapt, self.norm):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(
        self,
        noisy: Tensor,
        step: Tensor,
        kept: Tensor,
        mask: Tensor,
        conditions: dict[str, Tensor],
        body: Tensor,
        given: Tensor | None = None,
        dropped: dict[str, Tensor] | None = None,
    ) -> Tensor:
        """The clean features (B, 2, T, F), T a multiple of ``PATCH``.

        ``noisy`` (B, 2, T, F) normalised; ``step`` (B,) in [0, 1000); ``kept`` (B, 2, T, F) values wanted where
        ``mask`` (B, 2, T, groups) is 1; ``conditions``: per name (B, 2, T, size); ``body`` (B, 2, 6) lengths;
        ``given`` (B, 2, T, 70) normalised lower features for the upper stage; ``dropped``: per name (B,) bool,
        where true the learned null stands in.
        """
        batch, actors, frames, features = noisy.shape
        spread = self.config.spread(mask)
        inputs = [noisy, kept * spread, mask] + ([given] if given is not None else [])
        x = self.patch_in(torch.cat(inputs, -1).flatten(0, 1).transpose(1, 2))
        for name, conv in self.conditions_in.items():
            value = conditions[name]
            if dropped is not None and name in dropped:
                value = torch.where(dropped[name][:, None, None, None], self.nulls[name].to(value.dtype), value)
            x = x + conv(value.flatten(0, 1).transpose(1, 2))
        x = x.transpose(1, 2)  # (B * 2, N, width)
        both = torch.cat([body, body.flip(1)], -1).flatten(0, 1)
        condition = self.step(step).repeat_interleave(actors, 0) + self.body(both)
        condition = nn.functional.silu(condition)
        rotary = rotary_angles(x.shape[1], x.shape[2] // self.config.heads, x.device)
        modulation = self.adapt(condition)
        for block in self.blocks:
            x = block(x, modulation, rotary)
        x = modulate(x, *self.norm(condition).chunk(2, -1))
        return self.patch_out(x.transpose(1, 2)).transpose(1, 2).reshape(batch, actors, frames, features)
