"""Which syllables a voice stresses, heard without a transcript or told by one: what a beat gesture aims at."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from ...common.checkpoints import WEIGHTS, load_checkpoint, load_into
from ...contract import FPS, FloatArray, TimedWord
from .prominence_network import ProminenceNet
from .prominent_syllables import FUNCTION_WORDS

STRESS_SIZE = 2  # of a stress track: how likely a stress is, and 1 where a transcript says so
SPREAD = 0.05  # seconds: deviation of a stress's bump
_LEAST = 0.3  # of the heard likelihood, for a word's peak to count as its stress


def stress_bumps(times: Sequence[float], frames: int) -> FloatArray:
    """(frames,) with a bell of height 1 at each time in seconds."""
    track = np.zeros(frames, np.float32)
    seconds = np.arange(frames) / FPS
    for time in times:
        near = slice(max(0, int((time - 4 * SPREAD) * FPS)), max(0, int((time + 4 * SPREAD) * FPS) + 2))
        track[near] = np.maximum(track[near], np.exp(-0.5 * ((seconds[near] - time) / SPREAD) ** 2))
    return track


def detect_stress(prosody: FloatArray, weights: Path = WEIGHTS) -> FloatArray:
    """(T,) likelihood of a stressed syllable at each frame of prosody (T, 28); 0 in silence."""
    with torch.no_grad():
        likely = torch.sigmoid(_network(weights)(torch.from_numpy(np.asarray(prosody, np.float32))[None]))[0].numpy()
    return np.where(prosody[:, 0] > 0.0, likely, 0.0).astype(np.float32)


def stress_track(prosody: FloatArray, words: Sequence[TimedWord] = (), weights: Path = WEIGHTS) -> FloatArray:
    """(T, 2) what the body is told of stresses: how likely one is at a frame, and 1 where that is known from words.

    With words each content word is stressed where its voice stands out most.
    """
    heard = detect_stress(prosody, weights)
    if not words:
        return np.stack([heard, np.zeros_like(heard)], -1)
    times = []
    for word in words:
        first, last = max(0, round(word.start * FPS)), min(len(heard), round(word.end * FPS) + 1)
        if word.text.lower().strip(".,!?;:\"'") in FUNCTION_WORDS or last <= first:
            continue
        peak = first + int(np.argmax(heard[first:last]))
        if heard[peak] > _LEAST:
            times.append(peak / FPS)
    return np.stack([stress_bumps(times, len(heard)), np.ones_like(heard)], -1)


@lru_cache(maxsize=1)
def _network(weights: Path) -> ProminenceNet:
    tensors, _ = load_checkpoint(weights / "prominence.safetensors")
    network = ProminenceNet().eval()
    load_into(network, tensors, "prominence")
    return network
