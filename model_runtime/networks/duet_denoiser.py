"""``DuetDenoiser``: the clean motion of two people from a noisy one, under conditions and motion constraints.

One class serves both stages. The two actors share the weights and attend to each other, so swapping the actors swaps
the output.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..conditioning.conditions import BASIC_CONDITIONS, CONDITIONS, LEADING
from ..conditioning.first_vocabulary import FIRST
from ..conditioning.representation import BODY_SIZE, LOWER_GROUPS, LOWER_SIZE, UPPER_GROUPS, UPPER_SIZE
from .blocks import Attention, StepEmbedding, modulate, rotary_angles

PATCH = 5  # frames a token


@dataclass(frozen=True)
class DuetConfig:
    """Sizes of a network and the names of its ``conditions`` in ``CONDITIONS``.

    ``stage``: 'lower', 'upper', or 'whole' for one network without the hierarchy (a baseline). ``vocabulary`` of
    emotions and relationships that it was trained with (``conditioning.first_vocabulary``).
    """

    stage: str
    width: int = 256
    heads: int = 8
    blocks: int = 6
    conditions: tuple[str, ...] = BASIC_CONDITIONS
    vocabulary: int = FIRST

    @staticmethod
    def from_header(config: dict[str, Any]) -> DuetConfig:
        """Return the config of a checkpoint. Raises ``TypeError`` or ``KeyError`` for that of another version."""
        names = tuple(config.get("conditions", BASIC_CONDITIONS))
        for name in names:
            CONDITIONS[name]
        return DuetConfig(**{**config, "conditions": names})

    @property
    def features(self) -> int:
        return {"lower": LOWER_SIZE, "upper": UPPER_SIZE, "whole": LOWER_SIZE + UPPER_SIZE}[self.stage]

    @property
    def groups(self) -> tuple[slice, ...]:
        after = tuple(slice(g.start + LOWER_SIZE, g.stop + LOWER_SIZE) for g in UPPER_GROUPS)
        return {"lower": LOWER_GROUPS, "upper": UPPER_GROUPS, "whole": LOWER_GROUPS + after}[self.stage]

    def expand_mask(self, mask: Tensor) -> Tensor:
        """Return a mask of feature groups (..., groups) as one value per feature (..., F)."""
        return torch.cat(
            [mask[..., i : i + 1].expand(*mask.shape[:-1], g.stop - g.start) for i, g in enumerate(self.groups)], -1
        )

    @property
    def lower_size(self) -> int:
        """Size of the lower body's features, by which the upper stage is conditioned; 0 for the other stages."""
        return LOWER_SIZE if self.stage == "upper" else 0


CONFIGS = {
    "tiny": dict(width=64, heads=4, blocks=2),  # a minute on a CPU, for tests
    "small": dict(width=192, heads=6, blocks=5),  # an hour or two of one CPU core
    "default": dict(width=256, heads=8, blocks=6),  # 20 minutes of a large GPU
    "paper": dict(width=256, heads=8, blocks=20),  # as LDA, which InterAct builds on; hours of a large GPU
}


@dataclass(frozen=True)
class EncodedConditions:
    """The network's inputs that do not depend on the noisy sample.

    ``tokens`` (B * 2, width, N): conditions, motion constraints and the lower body; ``body`` (B * 2, width): body
    sizes; ``rotary``: angles of the tokens' times; ``trajectory``: of each ``LEADING`` condition the values (B, 2, T,
    3), metres or cosine and sine, and 1 where they are requested.
    """

    tokens: Tensor
    body: Tensor
    rotary: tuple[Tensor, Tensor]
    trajectory: dict[str, Tensor]

    def first_half(self) -> EncodedConditions:
        """Return the conditions of the first half of the batch."""
        half = len(self.body) // 2
        trajectory = {name: values[: len(values) // 2] for name, values in self.trajectory.items()}
        return EncodedConditions(self.tokens[:half], self.body[:half], self.rotary, trajectory)


class DuetBlock(nn.Module):
    """Self-attention, attention to the partner, feed-forward; each with adaptive layer norm."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.self_attention = Attention(width, heads)
        self.partner_attention = Attention(width, heads)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, 3 * width), nn.GELU(approximate="tanh"), nn.Linear(3 * width, width)
        )
        self.shift = nn.Parameter(torch.zeros(9 * width))

    def forward(self, x: Tensor, modulation: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
        """Return ``x`` (B * 2, N, width) updated; the two actors of a pair follow each other in the batch.

        ``modulation`` (B * 2, 9 * width): shift, scale and gate of each part.
        """
        s1, g1, a1, s2, g2, a2, s3, g3, a3 = (modulation + self.shift).chunk(9, -1)
        h = modulate(x, s1, g1)
        x = torch.addcmul(x, (1 + a1)[:, None], self.self_attention(h, h, rotary))
        h = modulate(x, s2, g2)
        partner = h.unflatten(0, (-1, 2)).flip(1).flatten(0, 1)
        x = torch.addcmul(x, (1 + a2)[:, None], self.partner_attention(h, partner, rotary))
        return torch.addcmul(x, (1 + a3)[:, None], self.feed_forward(modulate(x, s3, g3)))


class DuetDenoiser(nn.Module):
    """Transformer over tokens of ``PATCH`` frames. The names of the layers are stored in checkpoints."""

    def __init__(self, config: DuetConfig) -> None:
        super().__init__()
        self.config = config
        width, features = config.width, config.features
        frame_inputs = features + features + len(config.groups) + config.lower_size
        self.patch_in = nn.Conv1d(frame_inputs, width, kernel_size=9, stride=PATCH, padding=2)
        self.conditions_in = nn.ModuleDict(
            {name: nn.Conv1d(CONDITIONS[name].size, width, 9, PATCH, 2) for name in config.conditions}
        )
        chosen = {name: CONDITIONS[name] for name in config.conditions}
        self.nulls = nn.ParameterDict({name: nn.Parameter(torch.full((c.size,), c.null)) for name, c in chosen.items()})
        self.step = StepEmbedding(width)
        self.body = nn.Sequential(nn.Linear(2 * BODY_SIZE, width), nn.SiLU(), nn.Linear(width, width))
        self.blocks = nn.ModuleList(DuetBlock(width, config.heads) for _ in range(config.blocks))
        # One projection for all blocks, each adding its own offset: PixArt-alpha's adaLN-single (Chen et al. 2023).
        self.adapt = nn.Linear(width, 9 * width)
        self.norm = nn.Linear(width, 2 * width)
        self.patch_out = nn.ConvTranspose1d(width, features, kernel_size=9, stride=PATCH, padding=2)
        # Skip connections past all blocks: position and heading are predicted relative to the requested ones. Without
        # them walks missed their targets by a quarter of the distance and turns were hardly made.
        self.way_out, self.facing_out = (
            nn.Linear(3, 2, bias=False) if name in config.conditions else None for name in LEADING
        )
        for layer in (self.way_out, self.facing_out):
            if layer is not None:  # 0.5: positions have a standard deviation of about two metres
                layer.weight.data = 0.5 * torch.eye(2, 3)
        for layer in (self.adapt, self.norm):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(
        self,
        noisy: Tensor,
        step: Tensor,
        known: Tensor,
        mask: Tensor,
        conditions: dict[str, Tensor],
        body: Tensor,
        lower: Tensor | None = None,
        dropped: dict[str, Tensor] | None = None,
    ) -> Tensor:
        """Return the clean features (B, 2, T, F), T a multiple of ``PATCH``.

        ``noisy`` (B, 2, T, F) normalised; ``step`` (B,) in [0, 1000); ``known`` (B, 2, T, F): normalised features that
        are given where ``mask`` (B, 2, T, groups) is 1; ``conditions``: per name (B, 2, T, size); ``body`` (B, 2, 6):
        lengths in metres; ``lower`` (B, 2, T, 70): normalised lower features for the upper stage; ``dropped``: per name
        (B,) bool. The learned null replaces dropped and absent conditions.
        """
        return self.denoise(noisy, step, self.encode_conditions(known, mask, conditions, body, lower, dropped))

    def encode_conditions(
        self,
        known: Tensor,
        mask: Tensor,
        conditions: dict[str, Tensor],
        body: Tensor,
        lower: Tensor | None = None,
        dropped: dict[str, Tensor] | None = None,
    ) -> EncodedConditions:
        """Return the encoding of all inputs but the noisy sample and its step; arguments as of ``forward``."""
        features, batch, frames = self.config.features, known.shape[0], known.shape[2]
        inputs = [known * self.config.expand_mask(mask), mask] + ([lower] if lower is not None else [])
        layer = self.patch_in
        tokens = nn.functional.conv1d(
            _channels(torch.cat(inputs, -1)), layer.weight[:, features:], layer.bias, layer.stride, layer.padding
        )
        for name, conv in self.conditions_in.items():
            null = self.nulls[name].to(known.dtype)
            value = conditions[name] if name in conditions else null.expand(batch, 2, frames, -1)
            if dropped is not None and name in dropped and name in conditions:
                value = torch.where(dropped[name][:, None, None, None], null, value)
            tokens = tokens + conv(_channels(value))
        both = torch.cat([body, body.flip(1)], -1).flatten(0, 1)
        rotary = rotary_angles(tokens.shape[-1], self.config.width // self.config.heads, tokens.device)
        trajectory = self._trajectory(conditions, body, dropped, known.dtype)
        return EncodedConditions(tokens, self.body(both), rotary, trajectory)

    def denoise(self, noisy: Tensor, step: Tensor, encoded: EncodedConditions) -> Tensor:
        """Return the clean features (B, 2, T, F) of ``noisy`` at ``step`` (B,) under encoded conditions."""
        layer = self.patch_in
        weight = layer.weight[:, : noisy.shape[-1]]
        patches = nn.functional.conv1d(_channels(noisy), weight, None, layer.stride, layer.padding)
        x = (patches + encoded.tokens).transpose(1, 2)  # (B * 2, N, width)
        condition = nn.functional.silu(self.step(step).repeat_interleave(2, 0) + encoded.body)
        modulation = self.adapt(condition)
        for block in self.blocks:
            x = block(x, modulation, encoded.rotary)
        x = modulate(x, *self.norm(condition).chunk(2, -1))
        clean = self.patch_out(x.transpose(1, 2)).transpose(1, 2).reshape(noisy.shape)
        for skip, (name, columns) in zip((self.way_out, self.facing_out), LEADING.items()):
            if skip is not None and name in encoded.trajectory:
                before, after = clean[..., : columns.start], clean[..., columns.stop :]
                clean = torch.cat([before, clean[..., columns] + skip(encoded.trajectory[name]), after], -1)
        return clean

    def _trajectory(
        self, conditions: dict[str, Tensor], body: Tensor, dropped: dict[str, Tensor] | None, dtype: torch.dtype
    ) -> dict[str, Tensor]:
        """Return the given ``LEADING`` conditions, positions in metres, zeros where dropped or not requested."""
        found = {}
        for name in LEADING:
            if name in self.config.conditions and name in conditions:
                value = conditions[name].to(dtype)
                if name == "path":
                    value = torch.cat([value[..., :2] * body[..., None, :1], value[..., 2:]], -1)
                if dropped is not None and name in dropped:
                    value = torch.where(dropped[name][:, None, None, None], 0.0, value)
                found[name] = value
        return found


def _channels(values: Tensor) -> Tensor:
    """Return (B, 2, T, C) as (B * 2, C, T)."""
    return values.flatten(0, 1).transpose(1, 2)
