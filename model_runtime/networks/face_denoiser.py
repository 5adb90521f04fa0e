"""``FaceDenoiser``: 52 face curves of one actor from both voices.

DiffSpeaker's transformer (Ma et al. 2024, arXiv 2402.05712) as InterAct extends it (arXiv 2509.05747, section 4.3): my
voice and my partner's are concatenated and projected; style, noise step and facing are prefix keys that are never
masked; frame t hears its own audio frame and its near neighbours; self-attention is biased by distance (ALiBi) both
ways.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..contract import ARKIT_NAMES, EMOTIONS, FPS
from .blocks import StepEmbedding, modulate
from .face_inputs import BROWS_SIZE

FACE_SIZE = len(ARKIT_NAMES)
VOICE_SIZE = 2 * (64 + 40) + 2  # per frame: two looks at the encoder's features and phones; voice activity, loudness
ENCODER_RATE = 50  # Hz of the audio encoder
STYLE_SIZE = 4
GAZE_SIZE = 3  # yaw, pitch, and 1 where they are known
AIM_SCALE = 10.0  # a saccade is a tenth of a radian
FACING = ("unknown", "away", "towards")


@dataclass(frozen=True)
class FaceConfig:
    width: int = 256
    layers: int = 4
    heads: int = 4
    window: int = 240  # frames seen at once
    kept: int = 24  # frames shared with the window before
    feels: bool = False  # whether it is told what is felt; older checkpoints are not
    aims: bool = False  # whether it is told where the eyes point; older checkpoints are not
    brows: bool = False  # whether it is told when brows beat; older checkpoints are not


TINY = FaceConfig(width=48, layers=2, heads=2, window=90, kept=12)
SMALL = FaceConfig(width=128, layers=3, heads=4, window=120, kept=24)  # trains on one CPU core in half an hour
CONFIGS = {
    name: replace(sizes, feels=True, aims=True, brows=True)
    for name, sizes in {"default": FaceConfig(), "small": SMALL, "tiny": TINY}.items()
}
DENOISER = ("curves_in.", "step.", "blocks.", "curves_out.")  # the weights that denoise; the others read conditions
BROWS_REACH = 6  # frames to either side whose beats of the brows a frame is told of; inertia makes them late
AUDIO_REACH = 4  # frames to either side whose audio a frame attends to: 0.13 s, the reach of co-articulation


@dataclass
class FaceConditions:
    """What a face is made from, B windows of T frames.

    ``mine``, ``partner`` (B, T, VOICE_SIZE) normalised; ``gaze`` (B, T, GAZE_SIZE) radians; ``style`` (B, STYLE_SIZE);
    ``facing`` (B,) index into ``FACING``; ``blink`` (B, T): 1 on the frames the lids shut, drawn by chance and not by
    the noise; ``hears`` (B, 2): 0 replaces my or the partner's voice by the learned null. ``kept`` (B, T, FACE_SIZE)
    normalised curves that are given where ``keep`` (B, T) is 1, zero elsewhere. ``feeling`` (B, T, 26): intensity, 0 to
    2, of each of ``EMOTIONS``, all zeros when nothing in particular is felt; ``felt`` (B,): 0 replaces it by the
    learned null. ``eyes`` (B, T, GAZE_SIZE): yaw and pitch (radians, in my head's frame) of where my eyes point, drawn
    by chance as blinks are, and 1 where that is known. ``brows`` (B, T, BROWS_SIZE): what they do with my words
    (``brow_accents``).
    """

    mine: Tensor
    partner: Tensor
    gaze: Tensor
    blink: Tensor
    style: Tensor
    facing: Tensor
    hears: Tensor
    kept: Tensor
    keep: Tensor
    feeling: Tensor
    felt: Tensor
    eyes: Tensor
    brows: Tensor


class FaceDenoiser(nn.Module):
    """Predicts the clean, normalised curves (B, T, 52) from noisy ones, the step (B,) and the conditions."""

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
        for later in (self.feel, self.aim, self.beat):
            if later is not None:
                nn.init.zeros_(later.weight)  # what was learned without it stays as it was
        self.curves_in = nn.Linear(2 * FACE_SIZE + 1, width)
        self.step = StepEmbedding(width)
        self.style = nn.Linear(STYLE_SIZE, width)
        self.facing = nn.Embedding(len(FACING), width)
        self.blocks = nn.ModuleList(_Block(width, config.heads) for _ in range(config.layers))
        self.curves_out = nn.Linear(width, FACE_SIZE)
        nn.init.zeros_(self.curves_out.weight)

    def forward(self, noisy: Tensor, step: Tensor, given: FaceConditions) -> Tensor:
        mine, partner = (
            torch.where(given.hears[:, i, None, None] > 0, voice, self.null_voice[i])
            for i, voice in enumerate((given.mine, given.partner))
        )
        audio = self.hear(torch.cat([mine, partner, given.gaze, given.blink[..., None]], -1))  # (B, T, width)
        if self.feel is not None:
            assert self.null_feeling is not None
            audio = audio + torch.where(given.felt[:, None, None] > 0, self.feel(given.feeling), self.null_feeling)
        if self.aim is not None:
            audio = audio + self.aim(AIM_SCALE * given.eyes * given.eyes[..., 2:])
        if self.beat is not None:
            audio = audio + self.beat(given.brows.transpose(1, 2)).transpose(1, 2)
        keep = given.keep[..., None]
        x = self.curves_in(torch.cat([torch.where(keep > 0, given.kept, noisy), given.kept, keep], -1)) + audio
        moment, style, facing = self.step(step), self.style(given.style), self.facing(given.facing)
        prefix = torch.stack([style, moment, facing], 1)  # (B, 3, width)
        bias = distance_bias(x.shape[1], self.config.heads, prefix.shape[1], x)
        near = neighbour_bias(x.shape[1], AUDIO_REACH, prefix.shape[1], x)
        for block in self.blocks:
            x = block(x, audio, prefix, moment + style, bias, near)
        return self.curves_out(F.layer_norm(x, x.shape[-1:]))


class _Block(nn.Module):
    """Self-attention over the curves, attention to near audio, feed-forward; each scaled by step and style."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.modulation = nn.Linear(width, 6 * width)
        self.among = _PrefixedAttention(width, heads)
        self.to_audio = _PrefixedAttention(width, heads)
        self.feed_forward = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor, audio: Tensor, prefix: Tensor, moment: Tensor, bias: Tensor, near: Tensor) -> Tensor:
        s1, m1, s2, m2, s3, m3 = self.modulation(F.silu(moment)).chunk(6, -1)
        h = modulate(x, s1, m1)
        x = x + self.among(h, torch.cat([prefix, h], 1), bias)
        x = x + self.to_audio(modulate(x, s2, m2), torch.cat([prefix, audio], 1), near)
        return x + self.feed_forward(modulate(x, s3, m3))


class _PrefixedAttention(nn.Module):
    """Multi-head attention whose scores get an additive bias (heads or 1, T, prefix + T)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width, bias=False)
        self.key_value = nn.Linear(width, 2 * width, bias=False)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, context: Tensor, bias: Tensor) -> Tensor:
        q = self.query(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        k, v = self.key_value(context).unflatten(-1, (2, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))
        return self.out(mixed.transpose(1, 2).flatten(-2))


def encoder_frames(features: Tensor, phones: Tensor, voice: Tensor) -> Tensor:
    """The encoder's track at 50 Hz, (N, 64) and (N, 40), and (T, 2) activity and loudness -> (T, VOICE_SIZE) at 30 fps.

    Two looks a frame, a quarter of a frame before and after, so that no phone of 20 ms falls between.
    """
    track = torch.cat([features, phones], -1)
    frames = len(voice)
    index = (
        torch.arange(frames, device=track.device)[:, None] + torch.tensor([-0.25, 0.25], device=track.device)
    ).flatten() * (ENCODER_RATE / FPS)
    index = index.clamp(0.0, len(track) - 1)
    low = index.long().clamp(max=max(len(track) - 2, 0))
    part = (index - low)[:, None]
    looks = track[low] * (1 - part) + track[(low + 1).clamp(max=len(track) - 1)] * part
    return torch.cat([looks.reshape(frames, -1), voice], -1)


def speech_steps(activity: Tensor, steps: int) -> Tensor:
    """Voice activity (T,) at 30 fps -> (``steps``,) 0 or 1 at 50 Hz: the frames the encoder takes its level from."""
    index = (
        (torch.arange(steps, device=activity.device) * (FPS / ENCODER_RATE)).round().long().clamp(max=len(activity) - 1)
    )
    return (activity[index] > 0.5).float()


def distance_bias(frames: int, heads: int, prefix: int, like: Tensor) -> Tensor:
    """(1, heads, T, prefix + T): Press et al. 2022 (ALiBi), both ways; the prefix is as near as oneself."""
    slopes = 2.0 ** (-8.0 * torch.arange(1, heads + 1, device=like.device) / heads)
    t = torch.arange(frames, device=like.device)
    distance = (t[:, None] - t).abs().float()
    return F.pad(-slopes[:, None, None] * distance, (prefix, 0))[None]


def neighbour_bias(frames: int, reach: int, prefix: int, like: Tensor) -> Tensor:
    """(1, 1, T, prefix + T): 0 for the prefix and audio frames within ``reach``, minus infinity beyond."""
    t = torch.arange(frames, device=like.device)
    bias = torch.zeros(frames, frames, device=like.device).masked_fill((t[:, None] - t).abs() > reach, float("-inf"))
    return F.pad(bias, (prefix, 0))[None, None]
