"""Stressed syllables for the body: detected in the voice, or known from a transcript, as one track over time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from ...common.checkpoints import WEIGHTS, load_checkpoint, load_into
from ...contract import FPS, FloatArray, TimedWord
from .prominence_network import ProminenceNet
from .transcript_stress import FUNCTION_WORDS

STRESS_SIZE = 2  # columns of a stress track: likelihood of a stress, and 1 where it is from a transcript
SPREAD = 0.05  # seconds: deviation of a stress's Gaussian
_LEAST = 0.3  # detected likelihood from which a word's peak is its stress


def stress_bumps(times: Sequence[float], frames: int) -> FloatArray:
    """Return (frames,) with a Gaussian of height 1 at each time in seconds."""
    track = np.zeros(frames, np.float32)
    seconds = np.arange(frames) / FPS
    for time in times:
        near = slice(max(0, int((time - 4 * SPREAD) * FPS)), max(0, int((time + 4 * SPREAD) * FPS) + 2))
        track[near] = np.maximum(track[near], np.exp(-0.5 * ((seconds[near] - time) / SPREAD) ** 2))
    return track


def detect_stress(prosody: FloatArray, weights: Path = WEIGHTS) -> FloatArray:
    """Return (T,) the likelihood of a stressed syllable at each frame of prosody (T, 28); 0 in silence."""
    with torch.no_grad():
        logits = _network(weights)(torch.from_numpy(np.asarray(prosody, np.float32))[None])[0]
    return np.where(prosody[:, 0] > 0.0, torch.sigmoid(logits).numpy(), 0.0).astype(np.float32)


def stress_track(prosody: FloatArray, words: Sequence[TimedWord] = (), weights: Path = WEIGHTS) -> FloatArray:
    """Return (T, 2): the likelihood of a stress at each frame, and 1 where that is known from words, else 0.

    With ``words``, each content word has its stress at the peak of the detected likelihood.
    """
    likelihood = detect_stress(prosody, weights)
    if not words:
        return np.stack([likelihood, np.zeros_like(likelihood)], -1)
    times = []
    for word in words:
        first, last = max(0, round(word.start * FPS)), min(len(likelihood), round(word.end * FPS) + 1)
        if word.text.lower().strip(".,!?;:\"'") in FUNCTION_WORDS or last <= first:
            continue
        peak = first + int(np.argmax(likelihood[first:last]))
        if likelihood[peak] > _LEAST:
            times.append(peak / FPS)
    return np.stack([stress_bumps(times, len(likelihood)), np.ones_like(likelihood)], -1)


@lru_cache(maxsize=1)
def _network(weights: Path) -> ProminenceNet:
    tensors, _ = load_checkpoint(weights / "prominence.safetensors")
    network = ProminenceNet().eval()
    load_into(network, tensors, "prominence")
    return network
