"""``PairEvaluator``: two people's motion and a text in one space, and what the two do to each other.

InterCLIP's form (Liang et al. 2024, section 6.1) in small: a motion encoder and a text encoder, trained so that what
belongs together lies together. Both actors share the weights and attend to each other, so the pair's embedding is the
same whoever comes first, and who begins is the difference of one number of each. Heads tell the category, the
relationship, who begins, and both personalities.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .blocks import MultiHeadProjections, rotary_angles, rotate_half

PATCH = 5  # frames a token
FACTORS = 5  # of a personality
_FRAME_WIDTH = 64  # of a frame inside its patch
_FIRST_SCALE, _LARGEST_SCALE = 10.0, 50.0  # of cosines, before the softmax
_FAR = -1e4  # in the place of minus infinity, which half precision has no room for


@dataclass(frozen=True)
class EvaluatorConfig:
    """Sizes. ``features`` of a frame and actor, ``word`` of a word's vector; the field names are in checkpoints."""

    features: int
    categories: int
    relationships: int
    word: int = 48
    width: int = 128
    heads: int = 4
    motion_blocks: int = 3
    text_blocks: int = 2
    embedding: int = 96
    dropout: float = 0.1


CONFIGS = {
    "tiny": dict(width=32, heads=2, motion_blocks=1, text_blocks=1, embedding=32),  # seconds, for tests
    "small": dict(),  # a quarter of an hour of one CPU core
    "default": dict(width=256, heads=8, motion_blocks=6, text_blocks=4, embedding=256),  # 20 minutes of a large GPU
    "paper": dict(width=1024, heads=8, motion_blocks=8, text_blocks=8, embedding=512),  # InterCLIP
}


class Judged(NamedTuple):
    """What the motion encoder says of B pairs.

    ``embedding`` (B, D) of unit length; ``category`` (B, C) and ``relationship`` (B, R) logits; ``first_begins`` (B,)
    logit that the first one acts; ``personality`` (B, 2, 5) deviations.
    """

    embedding: Tensor
    category: Tensor
    relationship: Tensor
    first_begins: Tensor
    personality: Tensor


class MaskedAttention(MultiHeadProjections):
    """Multi-head attention with rotary positions to those tokens of the context that there are."""

    def forward(self, x: Tensor, context: Tensor, rotary: tuple[Tensor, Tensor], there: Tensor) -> Tensor:
        """``there`` (B, M) bool: which tokens of ``context`` (B, M, width) are no padding."""
        q, k, v = self.project(x, context)
        mixed = F.scaled_dot_product_attention(
            rotate_half(q, rotary), rotate_half(k, rotary), v, attn_mask=there[:, None, None]
        )
        return self.out(mixed.transpose(1, 2).flatten(-2))


class EncoderBlock(nn.Module):
    """Self-attention, attention to the partner where there is one, feed-forward; layer norm before each."""

    def __init__(self, config: EvaluatorConfig, partner: bool) -> None:
        super().__init__()
        width = config.width
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3 if partner else 2))
        self.self_attention = MaskedAttention(width, config.heads)
        self.partner_attention = MaskedAttention(width, config.heads) if partner else None
        self.feed_forward = nn.Sequential(
            nn.Linear(width, 3 * width), nn.GELU(approximate="tanh"), nn.Linear(3 * width, width)
        )
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, rotary: tuple[Tensor, Tensor], there: Tensor) -> Tensor:
        """Return ``x`` (B, N, width) updated; with a partner the actors of a pair follow each other in the batch."""
        own = self.norms[0](x)
        x = x + self.dropout(self.self_attention(own, own, rotary, there))
        if self.partner_attention is not None:
            own = self.norms[1](x)
            x = x + self.dropout(self.partner_attention(own, swapped(own), rotary, swapped(there)))
        return x + self.dropout(self.feed_forward(self.norms[-1](x)))


class Pool(nn.Module):
    """The mean of tokens (B, N, width), weighed by attention, as (B, width)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.weight = nn.Linear(width, 1)

    def forward(self, x: Tensor, there: Tensor) -> Tensor:
        x = self.norm(x)
        weight = self.weight(x)[..., 0].masked_fill(~there, _FAR).softmax(-1)
        return (weight[:, None] @ x)[:, 0]


class MotionEncoder(nn.Module):
    """Pairs as embeddings and judgements."""

    def __init__(self, config: EvaluatorConfig) -> None:
        super().__init__()
        width = config.width
        self.frame = nn.Sequential(nn.Dropout(config.dropout), nn.Linear(config.features, _FRAME_WIDTH), nn.GELU())
        self.patch = nn.Linear(PATCH * _FRAME_WIDTH, width)
        self.blocks = nn.ModuleList(EncoderBlock(config, partner=True) for _ in range(config.motion_blocks))
        self.heads = config.heads
        self.pool = Pool(width)
        self.both = nn.Sequential(nn.Linear(2 * width, 2 * width), nn.GELU(), nn.Dropout(config.dropout))
        self.embedding = nn.Linear(2 * width, config.embedding)
        self.category = nn.Linear(2 * width, config.categories)
        self.relationship = nn.Linear(2 * width, config.relationships)
        self.begins = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, 1))
        self.personality = nn.Linear(width, FACTORS)

    def forward(self, motion: Tensor, there: Tensor) -> Judged:
        """Judge normalised features (B, 2, T, F), T a multiple of 5; ``there`` (B, T) bool: no padding."""
        batch, _, frames, _ = motion.shape
        x = self.patch(self.frame(motion).unflatten(2, (frames // PATCH, PATCH)).flatten(-2)).flatten(0, 1)
        tokens = there.unflatten(1, (-1, PATCH)).any(-1).repeat_interleave(2, 0)
        rotary = rotary_angles(x.shape[1], x.shape[2] // self.heads, x.device)
        for block in self.blocks:
            x = block(x, rotary, tokens)
        each = self.pool(x, tokens).unflatten(0, (batch, 2))
        both = self.both(torch.cat([each.sum(1), (each[:, 0] - each[:, 1]).abs()], -1))
        begins = self.begins(each)[..., 0]
        return Judged(
            F.normalize(self.embedding(both), dim=-1),
            self.category(both),
            self.relationship(both),
            begins[:, 0] - begins[:, 1],
            self.personality(each),
        )


class WordsEncoder(nn.Module):
    """Texts, as vectors of their words, as embeddings."""

    def __init__(self, config: EvaluatorConfig) -> None:
        super().__init__()
        self.words = nn.Sequential(nn.Linear(config.word, config.width), nn.Dropout(config.dropout))
        self.blocks = nn.ModuleList(EncoderBlock(config, partner=False) for _ in range(config.text_blocks))
        self.heads = config.heads
        self.pool = Pool(config.width)
        self.embedding = nn.Sequential(
            nn.Linear(config.width, config.width), nn.GELU(), nn.Linear(config.width, config.embedding)
        )

    def forward(self, words: Tensor, there: Tensor) -> Tensor:
        """Return (B, D) of unit length for words (B, W, 48); ``there`` (B, W) bool: no padding."""
        x = self.words(words)
        rotary = rotary_angles(x.shape[1], x.shape[2] // self.heads, x.device)
        for block in self.blocks:
            x = block(x, rotary, there)
        return F.normalize(self.embedding(self.pool(x, there)), dim=-1)


class PairEvaluator(nn.Module):
    """Both encoders, and the scale of their cosines."""

    def __init__(self, config: EvaluatorConfig) -> None:
        super().__init__()
        self.config = config
        self.motion, self.text = MotionEncoder(config), WordsEncoder(config)
        self.log_scale = nn.Parameter(torch.tensor(math.log(_FIRST_SCALE)))

    def forward(
        self, motion: Tensor, there: Tensor, words: Tensor, words_there: Tensor
    ) -> tuple[Judged, Tensor, Tensor]:
        """Return what is said of the pairs, the texts' embeddings (B, D), and the factor of their cosines."""
        scale = self.log_scale.exp().clamp(max=_LARGEST_SCALE)
        return self.motion(motion, there), self.text(words, words_there), scale


def swapped(x: Tensor) -> Tensor:
    """Return (2 B, ...) with the two actors of each pair exchanged."""
    return x.unflatten(0, (-1, 2)).flip(1).flatten(0, 1)
