"""Short laughs of the synthetic voices: calls of breath and vowel that are quick, high and fade."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import butter, sosfilt

from ...speech.wave import SAMPLE_RATE
from .synthetic_voices import Spoken, Voice, speak

_PACE = 1.25  # of speech: calls come 4 to 5 times a second (Bachorowski, Smoski and Owren 2001)
_PITCH = 1.3


def laugh(text: str, voice: Voice, rng: np.random.Generator) -> Spoken:
    """Return ``text`` ("Ha ha ha.") laughed by a voice, with the times of its words and phones."""
    plain = replace(voice, stretch=_PACE * rng.uniform(0.9, 1.1), shift=voice.shift * _PITCH * rng.uniform(0.92, 1.1))
    if voice.voice == "rms":  # its pitch changes only with its size
        plain = replace(plain, size=voice.size * 0.9)
    spoken = speak(text, plain)
    t = np.arange(len(spoken.wave)) / SAMPLE_RATE
    breath = np.zeros(len(t), np.float32)
    calls = [phone for phone in spoken.phones if phone.text == "HH"]
    fade = np.ones(len(t), np.float32)
    for number, call in enumerate(calls):
        breath[(t >= call.start - 0.02) & (t < call.end + 0.03)] = 1.0
        fade[t >= call.start] = 0.86**number * rng.uniform(0.9, 1.1)
    hiss = sosfilt(butter(2, (700.0, 4500.0), "bandpass", fs=SAMPLE_RATE, output="sos"), rng.normal(size=len(t)))
    voiced = spoken.wave[np.abs(spoken.wave) > 0.01]
    loudness = float(np.sqrt(np.mean(np.square(voiced)))) if len(voiced) else 0.05
    breathing = gaussian_filter1d(breath, 0.012 * SAMPLE_RATE) * hiss / max(float(hiss.std()), 1e-9)
    wave = spoken.wave + 0.45 * loudness * breathing
    return Spoken((wave * gaussian_filter1d(fade, 0.01 * SAMPLE_RATE)).astype(np.float32), spoken.words, spoken.phones)
