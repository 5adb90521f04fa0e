"""Prosody of a voice without trained weights: voice activity, loudness, pitch and timbre, as features at 30 fps."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, median_filter

from ..contract import FPS, FloatArray
from .wave import SAMPLE_RATE, framed

MEL_BANDS = 24
PROSODY_SIZE = 4 + MEL_BANDS
VOICE_ACTIVITY, ENERGY, VOICING, PITCH, MELS = 0, 1, 2, 3, slice(4, PROSODY_SIZE)

_RATE = 100  # analysis frames a second
_HOP = SAMPLE_RATE // _RATE
_WINDOW = 512  # 32 ms for the spectrum
_PITCH_WINDOW = 768  # 48 ms: three periods of the lowest pitch
PITCH_RANGE = (65.0, 450.0)  # Hz
_QUIETEST_SPEECH = -65.0  # dB of full scale


_MOST_KNOWN = 4  # voices; two a shot


@dataclass(frozen=True)
class VoiceTrack:
    """The analysis of a voice at 100 Hz, arrays (N,).

    ``active``: 0 or 1. ``energy``: dB of full scale. ``voicing``: 0 to 1. ``pitch``: Hz where voiced, else 0.
    ``unvoiced``: 0 or 1, as loud as a voice and without a voiced sound near: breath, a whisper, noise.
    """

    active: FloatArray
    energy: FloatArray
    voicing: FloatArray
    pitch: FloatArray
    mels: FloatArray  # (N, 24) natural log of band power
    unvoiced: FloatArray

    @property
    def rate(self) -> int:
        return _RATE


_known: dict[bytes, VoiceTrack] = {}


def prosody(wave16k: FloatArray, frames: int) -> FloatArray:
    """Return (``frames``, 28) float32 at 30 fps from a mono wave at 16 kHz.

    Columns: voice activity 0..1; loudness, 1 at the voice's own speaking level and 0 when 30 dB below; voicing 0..1;
    pitch in octaves against the voice's median; 24 log-mel bands, zero mean and unit variance over the speech of this
    wave. All columns are 0 in silence, and none depends on the level of the recording.
    """
    return prosody_of(_analysed(wave16k), frames)


def _analysed(wave16k: FloatArray) -> VoiceTrack:
    """Return the analysis of a voice, remembered: a shot is made again and again with the same two."""
    key = hashlib.blake2b(np.ascontiguousarray(wave16k, np.float32).tobytes(), digest_size=16).digest()
    if key not in _known:
        while len(_known) >= _MOST_KNOWN:
            del _known[next(iter(_known))]
        _known[key] = analyse_voice(wave16k)
    return _known[key]


def prosody_of(track: VoiceTrack, frames: int) -> FloatArray:
    """Return ``prosody`` of a voice that is already analysed."""
    result = np.zeros((frames, PROSODY_SIZE), np.float32)
    speech = track.active > 0.5
    if not speech.any():
        return result
    level = np.percentile(track.energy[speech], 80)
    columns = np.empty((len(speech), PROSODY_SIZE), np.float32)
    columns[:, VOICE_ACTIVITY] = 1.0
    columns[:, ENERGY] = np.clip(1.0 + (track.energy - level) / 30.0, 0.0, 1.3)
    columns[:, VOICING] = track.voicing
    columns[:, PITCH] = _relative_pitch(track.pitch)
    mels = track.mels - track.mels[speech].mean(axis=0)
    columns[:, MELS] = np.clip(mels / (track.mels[speech].std(axis=0) + 0.5), -3.0, 3.0)
    columns *= track.active[:, None]
    smooth = gaussian_filter1d(columns, 0.5 * _RATE / FPS, axis=0, mode="nearest")
    return _sample(smooth, frames)


def analyse_voice(wave16k: FloatArray) -> VoiceTrack:
    """Return activity, energy, voicing, pitch and mel bands at 100 Hz of a mono wave (S,) at 16 kHz."""
    gain = common_level_gain(np.asarray(wave16k, np.float32))
    wave = np.asarray(wave16k, np.float32) * np.float32(gain)
    energy, mels = _spectrum(wave)
    energy -= np.float32(20.0 * math.log10(gain))
    pitch, voicing = track_pitch(wave)
    active, unvoiced = _voice_activity(energy, voicing)
    return VoiceTrack(
        active, energy, (voicing * active).astype(np.float32), (pitch * active).astype(np.float32), mels, unvoiced
    )


@cache
def mel_filterbank(bands: int, fft_size: int, low: float = 50.0, high: float = 7600.0) -> FloatArray:
    """Return triangles (bands, fft_size // 2 + 1) that sum to 1 each, on the mel scale 2595 log10(1 + f / 700)
    (O'Shaughnessy 1987).
    """
    # The same to the last digit as librosa.filters.mel, which needs numba: 60 MB to install, a second to import.
    lowest, highest = (2595.0 * math.log10(1.0 + frequency / 700.0) for frequency in (low, high))
    corners = 700.0 * (10.0 ** (np.linspace(lowest, highest, bands + 2) / 2595.0) - 1.0)
    bins = np.arange(fft_size // 2 + 1) * (SAMPLE_RATE / fft_size)
    rise = (bins - corners[:-2, None]) / (corners[1:-1] - corners[:-2])[:, None]
    fall = (corners[2:, None] - bins) / (corners[2:] - corners[1:-1])[:, None]
    bank = np.maximum(np.minimum(rise, fall), 0.0).astype(np.float32)
    return (bank / bank.sum(axis=1, keepdims=True, dtype=np.float64)).astype(np.float32)


def common_level_gain(wave: FloatArray) -> float:
    """Return the gain that brings the louder parts of a wave to 0.1 RMS: the floors of the analysis then mean the same
    for every recording.
    """
    blocks = wave[: len(wave) // _HOP * _HOP].reshape(-1, _HOP)
    power = np.square(blocks).mean(axis=1) if len(blocks) else np.zeros(1)
    loudest = power.max()
    return 0.1 / math.sqrt(power[power > loudest * 1e-4].mean()) if loudest > 1e-8 else 1.0


def _spectrum(wave: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return energy in dB of full scale (N,) and log-mel bands (N, 24)."""
    window = np.hanning(_WINDOW).astype(np.float32)
    scale = 1.0 / np.square(window).sum()
    bank = mel_filterbank(MEL_BANDS, _WINDOW)
    energy, mels = [], []
    for block in framed(wave, _WINDOW, _HOP):
        power = np.square(np.abs(np.fft.rfft(block * window, axis=1))).astype(np.float32) * scale
        power[:, :2] = 0.0  # below 62 Hz there is hum and offset, no voice
        energy.append(10.0 * np.log10(power.sum(axis=1) / (_WINDOW / 2) + 1e-10))
        mels.append(np.log(power @ bank.T + 1e-9))
    return np.concatenate(energy).astype(np.float32), np.concatenate(mels).astype(np.float32)


def track_pitch(wave: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return pitch (N,) in Hz, 0 where unvoiced, and voicing (N,) 0 to 1, at 100 Hz.

    Peaks of the autocorrelation divided by that of the window (Boersma 1993).
    """
    # librosa's pYIN is a hundredth of an octave away and takes ten times as long; its YIN gives no voicing
    # (docs/prosody.md).
    shortest, longest = (round(SAMPLE_RATE / f) for f in reversed(PITCH_RANGE))
    fft_size = 2 * 1024
    window = np.hanning(_PITCH_WINDOW).astype(np.float32)
    own = np.fft.irfft(np.square(np.abs(np.fft.rfft(window, fft_size))))[: longest + 2]
    pitch, strength = [], []
    for block in framed(wave, _PITCH_WINDOW, _HOP):
        block = (block - block.mean(axis=1, keepdims=True)) * window
        power = np.square(np.abs(np.fft.rfft(block, fft_size, axis=1)))
        power[:, 320:] *= 0.1  # above 2.5 kHz breath and noise hide the period
        lags = np.fft.irfft(power, axis=1)[:, : longest + 2]
        lags = lags / (lags[:, :1] + 1e-6) / (own / own[0])
        # Prefer the shorter of equal periods, or every vowel could be read an octave low.
        cost = 0.05 * np.log2(np.arange(shortest, longest + 1) / shortest)
        best = shortest + np.argmax(lags[:, shortest : longest + 1] - cost, axis=1)
        rows = np.arange(len(best))
        left, peak, right = (lags[rows, best + k] for k in (-1, 0, 1))
        shift = np.clip(0.5 * (left - right) / (left - 2.0 * peak + right - 1e-9), -0.5, 0.5)
        pitch.append(SAMPLE_RATE / (best + shift))
        strength.append(peak)
    heights = np.clip((np.concatenate(strength) - 0.3) / 0.5, 0.0, 1.0)
    voicing = median_filter(heights, 5).astype(np.float32)
    tracked = median_filter(np.concatenate(pitch), 7)
    voiced = voicing > 0.5
    if voiced.any():  # a voiced s or a doubled period is not the voice's pitch
        middle = np.median(tracked[voiced])
        voiced &= (tracked > 0.55 * middle) & (tracked < 2.2 * middle)
    return np.where(voiced, tracked, 0.0).astype(np.float32), voicing


def _voice_activity(energy: FloatArray, voicing: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return two masks (N,) of 0 or 1 at 100 Hz: sound above this recording's noise floor with a voiced sound near,
    and without one.
    """
    if len(energy) == 0 or energy.max() < _QUIETEST_SPEECH:
        return np.zeros(len(energy), np.float32), np.zeros(len(energy), np.float32)
    level = np.percentile(energy[energy > energy.max() - 40.0], 80)
    floor = np.percentile(energy, 10)
    threshold = max(np.clip(floor + 8.0, level - 35.0, level - 15.0), _QUIETEST_SPEECH)
    # A voiced stretch must last (median over 70 ms), or clicks and chance periods in noise would count as voice.
    voiced = maximum_filter1d(median_filter((voicing > 0.5).astype(np.float32), 7), 2 * 30 + 1)
    loud = (gaussian_filter1d(energy, 1.0) > threshold).astype(np.float32)
    active = loud * voiced
    bridged = -maximum_filter1d(
        -maximum_filter1d(active, 21), 21
    )  # gaps up to 0.2 s, as in stop consonants, stay speech
    return bridged.astype(np.float32), (loud * (1.0 - np.maximum(voiced, bridged))).astype(np.float32)


def _relative_pitch(pitch: FloatArray) -> FloatArray:
    """Return octaves (N,) against the voice's median, interpolated through unvoiced stretches."""
    voiced = np.flatnonzero(pitch > 0.0)
    if len(voiced) < 5:
        return np.zeros(len(pitch), np.float32)
    octaves = np.log2(pitch[voiced] / np.median(pitch[voiced]))
    return np.clip(np.interp(np.arange(len(pitch)), voiced, octaves), -1.0, 1.0).astype(np.float32)


def _sample(columns: FloatArray, frames: int) -> FloatArray:
    """Return columns (N, C) at 100 Hz at the frame times k / 30 s; zero past the end of the wave."""
    at = np.arange(frames) * (_RATE / FPS)
    low = np.floor(at).astype(int)
    part = (at - low)[:, None]
    padded = np.zeros((max(len(columns), int(low[-1]) if frames else 0) + 2, columns.shape[1]), np.float32)
    padded[: len(columns)] = columns
    return ((1.0 - part) * padded[low] + part * padded[low + 1]).astype(np.float32)
