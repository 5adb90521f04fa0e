"""Degrade a clean recording: a reverberant room, background noise, a telephone line, a changing level."""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, fftconvolve, sosfilt

from ...contract import FloatArray
from ...speech.wave import SAMPLE_RATE

VARIANTS = {"room": 0.35, "noise": 0.35, "telephone": 0.15, "level": 0.15}  # share of each
_SPEECH = 0.05  # RMS of the speech in a levelled wave


def degrade(rng: np.random.Generator, wave: FloatArray) -> tuple[str, FloatArray]:
    """Return the name of one of ``VARIANTS`` and the wave (N,) at 16 kHz degraded by it, of the same length and without
    delay.
    """
    name = str(rng.choice(list(VARIANTS), p=list(VARIANTS.values())))
    degraded = {"room": _room, "noise": _noise, "telephone": _telephone, "level": _level}[name](
        rng, np.asarray(wave, np.float32)
    )
    return name, np.clip(degraded, -1.0, 1.0).astype(np.float32)


def _room(rng: np.random.Generator, wave: FloatArray) -> FloatArray:
    """Add a tail of decaying noise: reverberation time 0.25 to 0.9 s, 2 to 14 dB below the direct sound."""
    decay = float(rng.uniform(0.25, 0.9))
    t = np.arange(round(decay * SAMPLE_RATE)) / SAMPLE_RATE
    tail = rng.normal(size=len(t)) * 10.0 ** (-3.0 * t / decay)
    tail[: round(rng.uniform(0.002, 0.015) * SAMPLE_RATE)] = 0.0  # the walls are some metres away
    tail = sosfilt(butter(1, rng.uniform(2000.0, 6000.0), fs=SAMPLE_RATE, output="sos"), tail)
    tail *= 10.0 ** (-rng.uniform(2.0, 14.0) / 20.0) / np.sqrt(np.square(tail).sum())
    reverberant = wave + fftconvolve(wave, tail)[: len(wave)]
    return reverberant + rng.normal(0.0, _SPEECH * 10.0 ** (-rng.uniform(35.0, 50.0) / 20.0), len(wave))


def _noise(rng: np.random.Generator, wave: FloatArray) -> FloatArray:
    """Add noise between white and brown that swells and fades a little, 5 to 20 dB below the speech."""
    spectrum = np.fft.rfft(rng.normal(size=len(wave)))
    frequency = np.maximum(np.fft.rfftfreq(len(wave), 1.0 / SAMPLE_RATE), 40.0)
    coloured = np.fft.irfft(spectrum / frequency ** rng.uniform(0.0, 1.0), len(wave))
    t = np.arange(len(wave)) / SAMPLE_RATE
    swell = 1.0 + 0.3 * np.sin(2.0 * np.pi * (rng.uniform(0.1, 0.6) * t + rng.random()))
    return wave + swell * coloured / max(float(coloured.std()), 1e-9) * _SPEECH * 10.0 ** (
        -rng.uniform(5.0, 20.0) / 20.0
    )


def _telephone(rng: np.random.Generator, wave: FloatArray) -> FloatArray:
    """Limit to 300 to 3400 Hz in 8 bits of mu-law (ITU-T G.711)."""
    band = sosfilt(butter(4, (300.0, rng.uniform(3200.0, 3600.0)), "bandpass", fs=SAMPLE_RATE, output="sos"), wave)
    loud = np.clip(band * rng.uniform(1.0, 4.0), -1.0, 1.0)
    code = np.rint(127.0 * np.sign(loud) * np.log1p(255.0 * np.abs(loud)) / np.log(256.0)) / 127.0
    return np.sign(code) * np.expm1(np.abs(code) * np.log(256.0)) / 255.0


def _level(rng: np.random.Generator, wave: FloatArray) -> FloatArray:
    """Let the level drift by up to 12 dB, with a little hiss of the recorder and occasional clipping."""
    at = np.linspace(0.0, 1.0, 4)
    gain = np.interp(np.linspace(0.0, 1.0, len(wave)), at, rng.uniform(-8.0, 4.0, 4))
    drifting = wave * 10.0 ** (gain / 20.0) * rng.uniform(0.3, 3.0)
    return drifting + rng.normal(0.0, 3e-4, len(wave))
