"""DuetDenoiser: the clean motion of two people from a noisy one, under labels, voices and motion kept.

One class serves both stages. The weights are shared by the two actors and each attends to the other, so that
swapping the actors swaps the output.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..conditioning.conditions import BASIC_CONDITIONS, CONDITIONS, LEADING
from ..conditioning.representation import BODY_SIZE, LOWER_GROUPS, LOWER_SIZE, UPPER_GROUPS, UPPER_SIZE
from .blocks import Attention, StepEmbedding, modulate, rotary_angles

PATCH = 5  # frames a token


@dataclass(frozen=True)
class DuetConfig:
    """``stage``: 'lower', 'upper', or 'whole' for one network without the hierarchy (a baseline); sizes of the
    transformer; which of ``CONDITIONS`` it hears.
    """

    stage: str
    width: int = 256
    heads: int = 8
    blocks: int = 6
    conditions: tuple[str, ...] = BASIC_CONDITIONS

    @staticmethod
    def from_header(config: dict[str, Any]) -> DuetConfig:
        """The config of a checkpoint. Raises ``TypeError`` or ``KeyError`` when it is not one of this version's."""
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
        """A mask (..., groups) as one value per feature (..., F)."""
        return torch.cat(
            [mask[..., i : i + 1].expand(*mask.shape[:-1], g.stop - g.start) for i, g in enumerate(self.groups)], -1
        )

    @property
    def given(self) -> int:
        """Per-frame features that are given and never noised: the upper stage sees the lower body."""
        return LOWER_SIZE if self.stage == "upper" else 0


CONFIGS = {
    "tiny": dict(width=64, heads=4, blocks=2),  # a minute on a CPU, for tests
    "small": dict(width=192, heads=6, blocks=5),  # an hour or two of one CPU core
    "default": dict(width=256, heads=8, blocks=6),  # 20 minutes of a large GPU
    "paper": dict(
        width=256, heads=8, blocks=20
    ),  # the 20 layers of 256 channels of LDA, which InterAct builds on; hours of a large GPU
}


@dataclass(frozen=True)
class EncodedConditions:
    """All that a window tells the network beside the noisy sample: ``tokens`` (B * 2, width, N) of conditions, motion
    kept and the lower body given, ``body`` (B * 2, width), the rotary angles of the tokens' times, and of ``LEADING``
    conditions what is wanted (B, 2, T, 3), metres or cosine and sine, and where.
    """

    tokens: Tensor
    body: Tensor
    rotary: tuple[Tensor, Tensor]
    leads: dict[str, Tensor]

    def first_half(self) -> EncodedConditions:
        """Of the first half of the batch alone."""
        half = len(self.body) // 2
        leads = {name: wanted[: len(wanted) // 2] for name, wanted in self.leads.items()}
        return EncodedConditions(self.tokens[:half], self.body[:half], self.rotary, leads)


class DuetBlock(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.self_attention = Attention(width, heads)
        self.partner_attention = Attention(width, heads)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, 3 * width), nn.GELU(approximate="tanh"), nn.Linear(3 * width, width)
        )
        self.shift = nn.Parameter(torch.zeros(9 * width))

    def forward(self, x: Tensor, modulation: Tensor, rotary: tuple[Tensor, Tensor]) -> Tensor:
        """``x`` (B * 2, N, width) with the two actors of a pair side by side; ``modulation`` (B * 2, 9 * width)."""
        s1, g1, a1, s2, g2, a2, s3, g3, a3 = (modulation + self.shift).chunk(9, -1)
        h = modulate(x, s1, g1)
        x = torch.addcmul(x, (1 + a1)[:, None], self.self_attention(h, h, rotary))
        h = modulate(x, s2, g2)
        partner = h.unflatten(0, (-1, 2)).flip(1).flatten(0, 1)
        x = torch.addcmul(x, (1 + a2)[:, None], self.partner_attention(h, partner, rotary))
        return torch.addcmul(x, (1 + a3)[:, None], self.feed_forward(modulate(x, s3, g3)))


class DuetDenoiser(nn.Module):
    def __init__(self, config: DuetConfig) -> None:
        super().__init__()
        self.config = config
        width, features = config.width, config.features
        frame_inputs = features + features + len(config.groups) + config.given
        self.patch_in = nn.Conv1d(frame_inputs, width, kernel_size=9, stride=PATCH, padding=2)
        self.conditions_in = nn.ModuleDict(
            {name: nn.Conv1d(CONDITIONS[name].size, width, 9, PATCH, 2) for name in config.conditions}
        )
        self.nulls = nn.ParameterDict(
            {
                name: nn.Parameter(torch.full((CONDITIONS[name].size,), CONDITIONS[name].null))
                for name in config.conditions
            }
        )
        self.step = StepEmbedding(width)
        self.body = nn.Sequential(nn.Linear(2 * BODY_SIZE, width), nn.SiLU(), nn.Linear(width, width))
        self.blocks = nn.ModuleList(DuetBlock(width, config.heads) for _ in range(config.blocks))
        # One projection for all blocks, each adding its own offset: PixArt-alpha's adaLN-single (Chen et al. 2023).
        self.adapt = nn.Linear(width, 9 * width)
        self.norm = nn.Linear(width, 2 * width)
        self.patch_out = nn.ConvTranspose1d(width, features, kernel_size=9, stride=PATCH, padding=2)
        # Past all blocks: place and heading are predicted as what they differ from those wanted. Without, walks missed
        # theirs by a
        # quarter and hardly a turn was made.
        self.way_out, self.facing_out = (
            nn.Linear(3, 2, bias=False) if name in config.conditions else None for name in LEADING
        )
        for layer in (self.way_out, self.facing_out):
            if layer is not None:
                layer.weight.data = 0.5 * torch.eye(
                    2, 3
                )  # of the order of the features' scale: places deviate by about two metres
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
        where true, and where a condition is absent, the learned null stands in.
        """
        return self.denoise(noisy, step, self.encode_conditions(kept, mask, conditions, body, given, dropped))

    def encode_conditions(
        self,
        kept: Tensor,
        mask: Tensor,
        conditions: dict[str, Tensor],
        body: Tensor,
        given: Tensor | None = None,
        dropped: dict[str, Tensor] | None = None,
    ) -> EncodedConditions:
        """What does not depend on the noisy sample, worked out once for all steps of a sampling; arguments as of
        ``forward``.
        """
        features, batch, frames = self.config.features, kept.shape[0], kept.shape[2]
        inputs = [kept * self.config.expand_mask(mask), mask] + ([given] if given is not None else [])
        layer = self.patch_in
        tokens = nn.functional.conv1d(
            _channels(torch.cat(inputs, -1)), layer.weight[:, features:], layer.bias, layer.stride, layer.padding
        )
        for name, conv in self.conditions_in.items():
            null = self.nulls[name].to(kept.dtype)
            value = conditions[name] if name in conditions else null.expand(batch, 2, frames, -1)
            if dropped is not None and name in dropped and name in conditions:
                value = torch.where(dropped[name][:, None, None, None], null, value)
            tokens = tokens + conv(_channels(value))
        both = torch.cat([body, body.flip(1)], -1).flatten(0, 1)
        rotary = rotary_angles(tokens.shape[-1], self.config.width // self.config.heads, tokens.device)
        return EncodedConditions(tokens, self.body(both), rotary, self._leads(kept, conditions, body, dropped))

    def denoise(self, noisy: Tensor, step: Tensor, encoded: EncodedConditions) -> Tensor:
        """The clean features (B, 2, T, F) of ``noisy`` at ``step`` (B,), under what ``encode_conditions`` gave."""
        layer = self.patch_in
        seen = nn.functional.conv1d(
            _channels(noisy), layer.weight[:, : noisy.shape[-1]], None, layer.stride, layer.padding
        )
        x = (seen + encoded.tokens).transpose(1, 2)  # (B * 2, N, width)
        condition = nn.functional.silu(self.step(step).repeat_interleave(2, 0) + encoded.body)
        modulation = self.adapt(condition)
        for block in self.blocks:
            x = block(x, modulation, encoded.rotary)
        x = modulate(x, *self.norm(condition).chunk(2, -1))
        clean = self.patch_out(x.transpose(1, 2)).transpose(1, 2).reshape(noisy.shape)
        for lead, (name, columns) in zip((self.way_out, self.facing_out), LEADING.items()):
            if lead is not None and name in encoded.leads:
                clean = torch.cat(
                    [
                        clean[..., : columns.start],
                        clean[..., columns] + lead(encoded.leads[name]),
                        clean[..., columns.stop :],
                    ],
                    -1,
                )
        return clean

    def _leads(
        self, kept: Tensor, conditions: dict[str, Tensor], body: Tensor, dropped: dict[str, Tensor] | None
    ) -> dict[str, Tensor]:
        """The ``LEADING`` conditions heard, places in metres, zero where nothing is wanted or told."""
        found = {}
        for name in LEADING:
            if name in self.config.conditions and name in conditions:
                lead = conditions[name].to(kept.dtype)
                if name == "path":
                    lead = torch.cat([lead[..., :2] * body[..., None, :1], lead[..., 2:]], -1)
                found[name] = (
                    torch.where(dropped[name][:, None, None, None], 0.0, lead)
                    if dropped is not None and name in dropped
                    else lead
                )
        return found


def _channels(values: Tensor) -> Tensor:
    """(B, 2, T, C) -> (B * 2, C, T)."""
    return values.flatten(0, 1).transpose(1, 2)
