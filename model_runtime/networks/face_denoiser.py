"""``FaceDenoiser``: 52 face curves of one actor from both voices.

DiffSpeaker's transformer (Ma et al. 2024, arXiv 2402.05712) as InterAct extends it (arXiv 2509.05747, section 4.3): the
actor's voice and the partner's are concatenated and projected; style, noise step and facing are prefix keys that are
never masked; frame t attends to the audio of its own and of neighbouring frames; self-attention is biased by distance
(ALiBi) in both directions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..conditioning.first_vocabulary import FIRST, TODAY
from ..contract import ARKIT_NAMES, EMOTIONS, FPS
from .blocks import MultiHeadProjections, StepEmbedding, modulate
from .face_inputs import BROWS_SIZE

FACE_SIZE = len(ARKIT_NAMES)
# Per frame: the speech encoder's features and phones at two times, voice activity, loudness.
VOICE_SIZE = 2 * (64 + 40) + 2
ENCODER_RATE = 50  # Hz of the speech encoder
FACE_STYLE_SIZE = 4  # ``FaceStyle.vector``
GAZE_SIZE = 3  # yaw, pitch, and 1 where both are known
EYES_SCALE = 10.0  # a saccade is a tenth of a radian
FACING = ("unknown", "away", "towards")


@dataclass(frozen=True)
class FaceConfig:
    """Sizes of the transformer and its optional conditions. The field names are stored in checkpoints."""

    width: int = 256
    layers: int = 4
    heads: int = 4
    window: int = 240  # frames of a training window
    kept: int = 24  # frames that a window shares with the one before
    # Conditions that older checkpoints lack.
    feels: bool = False  # emotion
    aims: bool = False  # eye direction
    brows: bool = False  # brow accents
    vocabulary: int = FIRST  # of the emotions


TINY = FaceConfig(width=48, layers=2, heads=2, window=90, kept=12)
SMALL = FaceConfig(width=128, layers=3, heads=4, window=120, kept=24)  # half an hour on one CPU core
CONFIGS = {
    name: replace(sizes, feels=True, aims=True, brows=True, vocabulary=TODAY)
    for name, sizes in {"default": FaceConfig(), "small": SMALL, "tiny": TINY}.items()
}
# Prefixes of the weights that denoise; the others encode conditions.
DENOISER = ("curves_in.", "step.", "blocks.", "curves_out.")
BROWS_REACH = 6  # frames to either side whose brow accents reach a frame, since the brows' inertia delays them
AUDIO_REACH = 4  # frames to either side whose audio a frame attends to: 0.13 s, the reach of co-articulation


@dataclass
class FaceConditions:
    """Conditions of B windows of T frames.

    ``voice``, ``partner`` (B, T, VOICE_SIZE): normalised features of the actor's and the partner's voice.
    ``voices_given`` (B, 2): 0 replaces the actor's or the partner's voice by the learned null.
    ``gaze`` (B, T, GAZE_SIZE): yaw and pitch (radians) of the partner's head in the actor's head frame.
    ``eyes`` (B, T, GAZE_SIZE): yaw and pitch (radians) of the actor's eyes in the same frame, sampled like the blinks.
    ``blink`` (B, T): 1 on the frames at which the lids shut; sampled outside the network.
    ``brows`` (B, T, BROWS_SIZE): brow accents on the actor's words (``brow_accents``).
    ``style`` (B, FACE_STYLE_SIZE); ``facing`` (B,): index into ``FACING``.
    ``emotion`` (B, T, 26): intensity, 0 to 2, of each of ``EMOTIONS``, all zeros for neutral.
    ``emotion_given`` (B,): 0 replaces the emotion by the learned null.
    ``known`` (B, T, FACE_SIZE): normalised curves that are given where ``mask`` (B, T) is 1, zero elsewhere.
    """

    voice: Tensor
    partner: Tensor
    gaze: Tensor
    blink: Tensor
    style: Tensor
    facing: Tensor
    voices_given: Tensor
    known: Tensor
    mask: Tensor
    emotion: Tensor
    emotion_given: Tensor
    eyes: Tensor
    brows: Tensor


class FaceDenoiser(nn.Module):
    """Predict the clean, normalised curves (B, T, 52) from noisy ones, the step (B,) and the conditions.

    The names of the layers are stored in checkpoints.
    """

    def __init__(self, config: FaceConfig) -> None:
        super().__init__()
        width = config.width
        self.config = config
        self.null_voice = nn.Parameter(torch.zeros(2, VOICE_SIZE))
        self.hear = nn.Sequential(nn.Linear(2 * VOICE_SIZE + GAZE_SIZE + 1, width), nn.GELU(), nn.Linear(width, width))
        self.feel = nn.Linear(len(EMOTIONS), width, bias=False) if config.feels else None
        self.null_feeling = nn.Parameter(torch.zeros(width)) if config.feels else None
        self.aim = nn.Linear(GAZE_SIZE, width, bias=False) if config.aims else None
        self.beat = (
            nn.Conv1d(BROWS_SIZE, width, 2 * BROWS_REACH + 1, padding=BROWS_REACH, bias=False) if config.brows else None
        )
        # Zero weights, so that weights trained without one of these conditions give the same result with it.
        for layer in (self.feel, self.aim, self.beat):
            if layer is not None:
                nn.init.zeros_(layer.weight)
        self.curves_in = nn.Linear(2 * FACE_SIZE + 1, width)
        self.step = StepEmbedding(width)
        self.style = nn.Linear(FACE_STYLE_SIZE, width)
        self.facing = nn.Embedding(len(FACING), width)
        self.blocks = nn.ModuleList(_Block(width, config.heads) for _ in range(config.layers))
        self.curves_out = nn.Linear(width, FACE_SIZE)
        nn.init.zeros_(self.curves_out.weight)

    def forward(self, noisy: Tensor, step: Tensor, given: FaceConditions) -> Tensor:
        voice, partner = (
            torch.where(given.voices_given[:, i, None, None] > 0, features, self.null_voice[i])
            for i, features in enumerate((given.voice, given.partner))
        )
        audio = self.hear(torch.cat([voice, partner, given.gaze, given.blink[..., None]], -1))  # (B, T, width)
        if self.feel is not None:
            assert self.null_feeling is not None
            is_given = given.emotion_given[:, None, None] > 0
            audio = audio + torch.where(is_given, self.feel(given.emotion), self.null_feeling)
        if self.aim is not None:
            audio = audio + self.aim(EYES_SCALE * given.eyes * given.eyes[..., 2:])
        if self.beat is not None:
            audio = audio + self.beat(given.brows.transpose(1, 2)).transpose(1, 2)
        mask = given.mask[..., None]
        x = self.curves_in(torch.cat([torch.where(mask > 0, given.known, noisy), given.known, mask], -1)) + audio
        step_code, style, facing = self.step(step), self.style(given.style), self.facing(given.facing)
        prefix = torch.stack([style, step_code, facing], 1)  # (B, 3, width)
        bias = distance_bias(x.shape[1], self.config.heads, prefix.shape[1], x)
        near = neighbour_bias(x.shape[1], AUDIO_REACH, prefix.shape[1], x)
        for block in self.blocks:
            x = block(x, audio, prefix, step_code + style, bias, near)
        return self.curves_out(F.layer_norm(x, x.shape[-1:]))


class _Block(nn.Module):
    """Self-attention over the curves, attention to nearby audio, feed-forward; each modulated by step and style."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.modulation = nn.Linear(width, 6 * width)
        self.among = _PrefixedAttention(width, heads)
        self.to_audio = _PrefixedAttention(width, heads)
        self.feed_forward = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor, audio: Tensor, prefix: Tensor, code: Tensor, bias: Tensor, near: Tensor) -> Tensor:
        s1, m1, s2, m2, s3, m3 = self.modulation(F.silu(code)).chunk(6, -1)
        h = modulate(x, s1, m1)
        x = x + self.among(h, torch.cat([prefix, h], 1), bias)
        x = x + self.to_audio(modulate(x, s2, m2), torch.cat([prefix, audio], 1), near)
        return x + self.feed_forward(modulate(x, s3, m3))


class _PrefixedAttention(MultiHeadProjections):
    """Multi-head attention whose scores get an additive bias (heads or 1, T, prefix + T)."""

    def forward(self, x: Tensor, context: Tensor, bias: Tensor) -> Tensor:
        q, k, v = self.project(x, context)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))
        return self.out(mixed.transpose(1, 2).flatten(-2))


def encoder_frames(features: Tensor, phones: Tensor, voice: Tensor) -> Tensor:
    """Return the face's voice features (T, VOICE_SIZE) at 30 fps.

    ``features`` (N, 64) and ``phones`` (N, 40) of the speech encoder at 50 Hz; ``voice`` (T, 2): activity and loudness.
    The encoder is sampled twice a frame, a quarter of a frame before and after, so that no phone of 20 ms is skipped.
    """
    track = torch.cat([features, phones], -1)
    frames = len(voice)
    index = (
        torch.arange(frames, device=track.device)[:, None] + torch.tensor([-0.25, 0.25], device=track.device)
    ).flatten() * (ENCODER_RATE / FPS)
    index = index.clamp(0.0, len(track) - 1)
    low = index.long().clamp(max=max(len(track) - 2, 0))
    part = (index - low)[:, None]
    samples = track[low] * (1 - part) + track[(low + 1).clamp(max=len(track) - 1)] * part
    return torch.cat([samples.reshape(frames, -1), voice], -1)


def speech_steps(activity: Tensor, steps: int) -> Tensor:
    """Return the 0 or 1 of each of ``steps`` encoder frames (50 Hz) that the encoder takes its level from.

    ``activity`` (T,): voice activity at 30 fps.
    """
    index = (
        (torch.arange(steps, device=activity.device) * (FPS / ENCODER_RATE)).round().long().clamp(max=len(activity) - 1)
    )
    return (activity[index] > 0.5).float()


def distance_bias(frames: int, heads: int, prefix: int, like: Tensor) -> Tensor:
    """Return ALiBi's bias (1, heads, T, prefix + T) in both directions (Press et al. 2022), 0 for the prefix."""
    slopes = 2.0 ** (-8.0 * torch.arange(1, heads + 1, device=like.device) / heads)
    t = torch.arange(frames, device=like.device)
    distance = (t[:, None] - t).abs().float()
    return F.pad(-slopes[:, None, None] * distance, (prefix, 0))[None]


def neighbour_bias(frames: int, reach: int, prefix: int, like: Tensor) -> Tensor:
    """Return (1, 1, T, prefix + T): 0 for the prefix and audio frames within ``reach``, minus infinity beyond."""
    t = torch.arange(frames, device=like.device)
    bias = torch.zeros(frames, frames, device=like.device).masked_fill((t[:, None] - t).abs() > reach, float("-inf"))
    return F.pad(bias, (prefix, 0))[None, None]
