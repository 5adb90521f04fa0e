"""Sounds that are not plain speech, made from a reader's voice or from noise, for testing the face.

All at 16 kHz, (N,) float32, repeatable by the seed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import butter, fftconvolve, istft, sosfilt, stft

from ..contract import FloatArray
from ..speech.wave import SAMPLE_RATE


def odd_sounds(voice: FloatArray, seed: int = 0) -> dict[str, FloatArray]:
    """Return the sounds by name, each as long as ``voice`` (N,), a reader's."""
    rng = np.random.default_rng(seed)
    makers: dict[str, Callable[[np.random.Generator, FloatArray], FloatArray]] = {
        "noise at 5 dB": lambda r, v: noisy(r, v, 5.0),
        "noise alone": lambda r, v: (0.1 * r.normal(size=len(v))).astype(np.float32),
        "music": music,
        "whispering": whispered,
        "singing": sung,
        "laughter": laughter,
        "coughs": coughs,
        "breath": breath,
        "clipped": lambda r, v: np.clip(v * 12.0, -1.0, 1.0).astype(np.float32),
        "direct current": lambda r, v: (v + 0.4).astype(np.float32),
    }
    return {name: make(rng, np.asarray(voice, np.float32)) for name, make in makers.items()}


def noisy(rng: np.random.Generator, voice: FloatArray, decibels: float) -> FloatArray:
    """Return the voice in pink noise ``decibels`` below its speech."""
    spectrum = np.fft.rfft(rng.normal(size=len(voice)))
    noise = np.fft.irfft(spectrum / np.sqrt(np.maximum(np.fft.rfftfreq(len(voice)), 1e-3)), len(voice))
    loud = np.sqrt(np.mean(np.square(voice[np.abs(voice) > 0.02]))) if (np.abs(voice) > 0.02).any() else 0.05
    return (voice + noise / noise.std() * loud * 10.0 ** (-decibels / 20.0)).astype(np.float32)


def reverberant(rng: np.random.Generator, voice: FloatArray, seconds: float) -> FloatArray:
    """Return the voice in a hall with a reverberation time (60 dB) of ``seconds``, the echo 3 dB below direct sound."""
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    echo = rng.normal(size=len(t)) * 10.0 ** (-3.0 * t / seconds)
    echo *= 0.7 / np.sqrt(np.square(echo).sum())
    echo[0] = 1.0
    return (0.7 * fftconvolve(voice, echo)[: len(voice)]).astype(np.float32)


def music(rng: np.random.Generator, voice: FloatArray) -> FloatArray:
    """Return chords of four harmonics that change every half second, over a beat."""
    t = np.arange(len(voice)) / SAMPLE_RATE
    out = np.zeros(len(t))
    for first in range(0, len(t), SAMPLE_RATE // 2):
        span = slice(first, first + SAMPLE_RATE // 2)
        root = 110.0 * 2.0 ** (rng.integers(12) / 12.0)
        fade = np.exp(-2.0 * (t[span] - t[first]))
        for note in (1.0, 1.26, 1.5, 2.0):
            out[span] += fade * sum(np.sin(2 * np.pi * root * note * k * t[span]) / k for k in (1, 2, 3, 4))
        out[span][:1600] += rng.normal(size=len(out[span][:1600])) * np.linspace(2.0, 0.0, len(out[span][:1600]))
    return (0.15 * out / np.abs(out).max()).astype(np.float32)


def whispered(rng: np.random.Generator, voice: FloatArray) -> FloatArray:
    """Return the voice's envelope in every band over noise: no pitch, and little below 500 Hz."""
    frequency, _, spectrum = stft(voice, SAMPLE_RATE, nperseg=512)
    smooth = gaussian_filter1d(np.abs(spectrum), 3.0, axis=0)
    tilt = np.clip(frequency / 800.0, 0.1, 1.0)[:, None]
    _, out = istft(smooth * tilt * np.exp(2j * np.pi * rng.random(spectrum.shape)), SAMPLE_RATE, nperseg=512)
    return _fitted(0.5 * out, len(voice))


def sung(rng: np.random.Generator, voice: FloatArray) -> FloatArray:
    """Return the voice's formants, half as fast, over a tone that steps through a scale with vibrato."""
    _, _, spectrum = stft(voice, SAMPLE_RATE, nperseg=512)
    smooth = gaussian_filter1d(np.abs(spectrum), 4.0, axis=0)
    slow = smooth[:, np.arange(smooth.shape[1]) // 2]
    t = np.arange(len(voice)) / SAMPLE_RATE
    steps = 220.0 * 2.0 ** (np.array([0, 2, 4, 5, 7, 5, 4, 2])[(t / 0.7).astype(int) % 8] / 12.0)
    phase = 2 * np.pi * np.cumsum(steps * (1.0 + 0.02 * np.sin(2 * np.pi * 5.5 * t))) / SAMPLE_RATE
    source = sum(np.sin(k * phase) for k in range(1, 20))
    _, _, tone = stft(np.asarray(source), SAMPLE_RATE, nperseg=512)
    width = min(tone.shape[1], slow.shape[1])
    _, out = istft(tone[:, :width] / 20.0 * slow[:, :width] * 40.0, SAMPLE_RATE, nperseg=512)
    out = _fitted(out, len(voice))
    return (0.3 * out / max(float(np.abs(out).max()), 1e-6)).astype(np.float32)


def laughter(rng: np.random.Generator, voice: FloatArray) -> FloatArray:
    """Return series of "ha": fading voiced calls at 4.5 a second with a breath before each, a pause between."""
    return _calls(rng, len(voice), 4.5, 7, 1.2, pitch=260.0)


def coughs(rng: np.random.Generator, voice: FloatArray) -> FloatArray:
    """Return pairs of short loud bursts of noise, seconds apart."""
    return _calls(rng, len(voice), 2.2, 2, 1.5, pitch=0.0, sharp=True)


def breath(rng: np.random.Generator, voice: FloatArray) -> FloatArray:
    """Return band-passed noise in and out, a second each."""
    t = np.arange(len(voice)) / SAMPLE_RATE
    hiss = sosfilt(butter(2, (500.0, 3500.0), "bandpass", fs=SAMPLE_RATE, output="sos"), rng.normal(size=len(t)))
    return (0.03 * hiss / hiss.std() * np.clip(np.sin(np.pi * t), 0.0, None) ** 2).astype(np.float32)


def _calls(
    rng: np.random.Generator, samples: int, rate: float, count: int, pause: float, pitch: float, sharp: bool = False
) -> FloatArray:
    out, at = np.zeros(samples), 0.3
    while at < samples / SAMPLE_RATE - 0.3:
        for k in range(count):
            first = int((at + k / rate) * SAMPLE_RATE)
            n = int(0.5 / rate * SAMPLE_RATE)
            if first + n >= samples:
                break
            t = np.arange(n) / SAMPLE_RATE
            shape = np.exp(-t * 25.0) if sharp else np.sin(np.pi * t * rate * 2.0) ** 2
            voiced = sum(np.sin(2 * np.pi * pitch * h * t) / h for h in range(1, 8)) if pitch else 0.0
            out[first : first + n] += 0.85**k * shape * (voiced + rng.normal(size=n) * (2.0 if sharp else 0.4))
        at += count / rate + pause * rng.uniform(0.8, 1.5)
    return (0.3 * out / max(float(np.abs(out).max()), 1e-6)).astype(np.float32)


def _fitted(wave: FloatArray, samples: int) -> FloatArray:
    return np.pad(wave[:samples], (0, max(samples - len(wave), 0))).astype(np.float32)
