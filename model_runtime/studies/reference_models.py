"""Reference-sized models: networks of the papers' published sizes with random weights, to time beside ours.

InterGen (Liang et al. 2024): 8 blocks, 1024 wide, two people who attend to each other, 50 DDIM steps with guidance.
Listen, Denoise, Action! (Alexanderson et al. 2023): 20 residual layers of 256 channels, each a gated Conformer, 150
steps, a person. DiffSpeaker (Ma et al. 2024; sizes of its repository for VOCASET): wav2vec2-base, one block 512 wide,
1024 in its middle, 50 DDIM steps, a face.
"""

from __future__ import annotations

import time
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..contract import FPS


class InterGenSized(nn.Module):
    """Frames of two people (2, T, 262) through transformer blocks with self- and partner attention."""

    STEPS, PASSES = 50, 2  # with and without the condition

    def __init__(self, width: int = 1024, blocks: int = 8, heads: int = 8) -> None:
        super().__init__()
        self.into, self.out = nn.Linear(262, width), nn.Linear(width, 262)
        self.own = nn.ModuleList(nn.MultiheadAttention(width, heads, batch_first=True) for _ in range(blocks))
        self.other = nn.ModuleList(nn.MultiheadAttention(width, heads, batch_first=True) for _ in range(blocks))
        self.feed = nn.ModuleList(
            nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)) for _ in range(blocks)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.into(x)
        for own, other, feed in zip(self.own, self.other, self.feed):
            h = F.layer_norm(x, x.shape[-1:])
            x = x + own(h, h, h, need_weights=False)[0]
            h = F.layer_norm(x, x.shape[-1:])
            x = x + other(h, h.flip(0), h.flip(0), need_weights=False)[0]
            x = x + feed(F.layer_norm(x, x.shape[-1:]))
        return self.out(x)

    @staticmethod
    def example(frames: int) -> Tensor:
        return torch.randn(2, frames, 262)


class Conformer(nn.Module):
    """Half feed-forward, attention, convolution, half feed-forward (Gulati et al. 2020), on (B, T, C)."""

    def __init__(self, width: int, heads: int = 8) -> None:
        super().__init__()
        self.feed = nn.ModuleList(
            nn.Sequential(nn.Linear(width, 4 * width), nn.SiLU(), nn.Linear(4 * width, width)) for _ in range(2)
        )
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.widen, self.narrow = nn.Conv1d(width, 2 * width, 1), nn.Conv1d(width, width, 1)
        self.depthwise = nn.Conv1d(width, width, 31, padding=15, groups=width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + 0.5 * self.feed[0](F.layer_norm(x, x.shape[-1:]))
        h = F.layer_norm(x, x.shape[-1:])
        x = x + self.attention(h, h, h, need_weights=False)[0]
        h = F.glu(self.widen(F.layer_norm(x, x.shape[-1:]).transpose(1, 2)), 1)
        x = x + self.narrow(F.silu(self.depthwise(h))).transpose(1, 2)
        return x + 0.5 * self.feed[1](F.layer_norm(x, x.shape[-1:]))


class LdaSized(nn.Module):
    """Frames (B, T, C) of one person through DiffWave's residual stack with Conformers in the layers; two people are a
    batch.
    """

    STEPS, PASSES = 150, 2

    def __init__(self, channels: int = 256, layers: int = 20) -> None:
        super().__init__()
        self.into, self.out = nn.Linear(67 + 30, channels), nn.Linear(channels, 67)
        self.layers = nn.ModuleList(Conformer(channels) for _ in range(layers))
        self.gates = nn.ModuleList(nn.Linear(channels, 2 * channels) for _ in range(layers))
        self.mix = nn.ModuleList(nn.Linear(channels, 2 * channels) for _ in range(layers))

    def forward(self, x: Tensor) -> Tensor:
        x = self.into(x)
        total = torch.zeros_like(x)
        for layer, gated, mix in zip(self.layers, self.gates, self.mix):
            gate, value = gated(layer(x)).chunk(2, -1)
            stay, skip = mix(torch.sigmoid(gate) * torch.tanh(value)).chunk(2, -1)
            x, total = (x + stay) / 2**0.5, total + skip
        return self.out(F.relu(total))

    @staticmethod
    def example(frames: int) -> Tensor:
        return torch.randn(2, frames, 67 + 30)


class DiffSpeakerSized(nn.Module):
    """Frames (B, T, 52) of faces through a transformer block that attends to (B, T, 768) of wav2vec2-base; two faces
    are a batch.

    Every frame attends to every other, as in DiffSpeaker through its biased mask; the output is 52 curves in the place
    of its thousands of vertices.
    """

    STEPS = 50

    def __init__(self, width: int = 512, heads: int = 4) -> None:
        super().__init__()
        from transformers import Wav2Vec2Config, Wav2Vec2Model

        self.speech_encoder = Wav2Vec2Model(Wav2Vec2Config())
        self.sound, self.into, self.out = nn.Linear(768, width), nn.Linear(52, width), nn.Linear(width, 52)
        self.own, self.to_sound = (nn.MultiheadAttention(width, heads, batch_first=True) for _ in range(2))
        self.feed = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x: Tensor, sound: Tensor) -> Tensor:
        x, sound = self.into(x), self.sound(sound)
        h = F.layer_norm(x, x.shape[-1:])
        x = x + self.own(h, h, h, need_weights=False)[0]
        x = x + self.to_sound(F.layer_norm(x, x.shape[-1:]), sound, sound, need_weights=False)[0]
        return self.out(x + self.feed(F.layer_norm(x, x.shape[-1:])))


class Spent(NamedTuple):
    """Seconds on the clock, and of the processor over all threads."""

    wall: float
    processor: float

    @staticmethod
    def now() -> Spent:
        """Return the time now."""
        return Spent(time.perf_counter(), time.process_time())

    def since(self, begin: Spent) -> Spent:
        """Return the time spent since ``begin``."""
        return Spent(self.wall - begin.wall, self.processor - begin.processor)


@torch.no_grad()
def spent_by(network: InterGenSized | LdaSized, seconds: float, timed_steps: int = 3) -> Spent:
    """Return the time of one sampling of ``seconds`` of two people, extrapolated from ``timed_steps``."""
    x = network.eval().example(round(seconds * FPS))
    network(x)  # the first call also allocates
    begin = Spent.now()
    for _ in range(timed_steps * network.PASSES):
        network(x)
    taken = Spent.now().since(begin)
    return Spent(*(part / timed_steps * network.STEPS for part in taken))


@torch.no_grad()
def spent_by_faces(network: DiffSpeakerSized, seconds: float, timed_steps: int = 3) -> Spent:
    """Return the time of both faces of ``seconds``: voices encoded once, steps extrapolated from ``timed_steps``."""
    network.eval()
    voices = torch.randn(2, round(seconds * 16000))
    faces = torch.randn(2, round(seconds * FPS), 52)
    network.speech_encoder(voices[:, :16000])  # the first call also allocates
    begin = Spent.now()
    # One voice at a time, as a product would, and its features at the face's rate.
    sound = [
        F.interpolate(network.speech_encoder(voice[None]).last_hidden_state.transpose(1, 2), faces.shape[1]).transpose(
            1, 2
        )
        for voice in voices
    ]
    encoding = Spent.now().since(begin)
    features = torch.cat(sound)
    network(faces, features)
    begin = Spent.now()
    for _ in range(timed_steps):
        network(faces, features)
    step = Spent.now().since(begin)
    return Spent(*(e + s / timed_steps * network.STEPS for e, s in zip(encoding, step)))
