"""Lip contacts: shut on p, b, m, at the teeth on f, v, apart on other sounds, at rest in silence.

The phones come from the transcript or from the speech encoder. Faces are (T, 52) ARKit weights at ``FPS``; a phone is
(name, start, end) in seconds from frame 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, minimum_filter1d

from ..common.easing import smooth_step
from ..common.masks import runs_of
from ..contract import FPS, FloatArray
from .arkit import columns
from .mouth_shapes import (
    BILABIAL,
    CLOSE,
    LABIODENTAL,
    SILENCE,
    SNEER,
    close_lips,
    part_lips,
    press_together,
    rest_mouth,
    touch_teeth,
)

Phone = tuple[str, float, float]  # ARPABET without stress digit, or SIL; start and end in seconds

# mouthClose per unit of one side's noseSneer that brings the lips together again, on the ICT face.
_SNEER_TO_CLOSE = 0.085
_EASE = 0.07  # seconds over which a contact comes and goes
# Posterior at which a detected contact may begin, and at which it would last its full time (never reached).
_ONSET, _FULL_LENGTH = 0.10, 1.2
# Posterior that the peak of a detected contact must reach; a false f or v, which does not shut the lips, matters less.
_LEAST_PEAK = {BILABIAL: 0.30, LABIODENTAL: 0.24}
_VOICED = 0.3  # voice activity that a detected contact needs on one frame at least


def refine_lips(
    face: FloatArray,
    phones: FloatArray,
    names: Sequence[str],
    rate: float,
    voice_activity: FloatArray,
    from_transcript: NDArray[np.bool_] | None = None,
) -> FloatArray:
    """Return a generated face (T, 52), in [0, 1], with the lip contacts of its phones.

    ``phones`` (N, P): posteriors of ``names`` at ``rate`` Hz; ``voice_activity`` (T,) in [0, 1]; ``from_transcript``
    (N,): where the posteriors are certain. The lips close on p, b, m, touch the teeth on f, v, part on other sounds and
    rest in silence.
    """
    frames = len(face)
    column = {name: i for i, name in enumerate(names)}
    certain = np.zeros(len(phones), bool) if from_transcript is None else from_transcript

    def posterior(sounds: Sequence[str]) -> FloatArray:
        return phones[:, [column[name] for name in sounds if name in column]].sum(axis=1)

    is_speech = (certain & (posterior((SILENCE,)) < 0.5)).astype(np.float32)
    spoken = np.interp(np.arange(frames) / FPS, np.arange(len(phones)) / rate, is_speech)
    voice = np.maximum(voice_activity, spoken).astype(np.float32)
    loud = gaussian_filter1d(maximum_filter1d(voice, 5, mode="nearest"), 1.2, mode="nearest")
    contacts: list[Phone] = []
    for kind in (BILABIAL, LABIODENTAL):
        probability = posterior(kind)
        contacts += [(kind[0], a / rate, b / rate) for a, b in runs_of(certain & (probability > 0.5))]
        detected = detect_lip_contacts(np.where(certain, 0.0, probability), rate, _LEAST_PEAK[kind])
        contacts += [(kind[0], a, b) for a, b in detected if loud[_span(a, b, frames)].max(initial=0.0) > _VOICED]
    apart = _resampled(1.0 - posterior((*BILABIAL, *LABIODENTAL, SILENCE)), rate, frames)
    contact = contact_weight(contacts, frames)
    out = np.clip(face, 0.0, 1.0).astype(np.float32)
    out = part_lips(out, smooth_step(apart, 0.1, 0.4) * (1.0 - contact) * loud)
    out = lay_contacts(out, contacts)
    out = rest_mouth(out, np.clip(1.0 - np.maximum(loud, contact), 0.0, 1.0))
    return np.clip(out, 0.0, 1.0).astype(np.float32)


def detect_lip_contacts(
    probability: FloatArray, rate: float, least_peak: float = _LEAST_PEAK[BILABIAL]
) -> list[tuple[float, float]]:
    """Return (start, end) in s of every contact whose peak reaches ``least_peak``.

    ``probability`` (N,): posterior of the contact at ``rate`` Hz. A missed closure is more visible than a brief false
    one, so the threshold is low; the lower the peak, the shorter the contact, down to a single frame. That avoids a
    quarter of the falsely closed frames and loses no closure.
    """
    smooth = gaussian_filter1d(probability.astype(np.float32), 0.6, mode="nearest")
    found = []
    for first, last in runs_of(smooth > _ONSET):
        run = np.arange(first, last)
        if smooth[run].max() >= least_peak:
            peak = float(smooth[run].max())
            top = run[smooth[run] >= 0.7 * peak]
            middle, half = 0.5 * (top[0] + top[-1] + 1) / rate, 0.5 * (top[-1] + 1 - top[0]) / rate
            half *= min(max((peak - least_peak) / (_FULL_LENGTH - least_peak), 0.0), 1.0)
            found.append((middle - half, middle + half))
    return found


def lay_contacts(face: FloatArray, phones: Sequence[Phone]) -> FloatArray:
    """Return ``face`` with the lips closed on every p, b, m and the lower lip at the teeth on every f, v.

    Each contact has at least one frame of its own.
    """
    shut, teeth = _contact_tracks(phones, len(face))
    face = face.copy()
    for name, widest in (("mouthSmile", 0.48), ("mouthDimple", 0.20)):  # broad smiles pull the lower lip off the teeth
        wide = columns(name)
        face[:, wide] -= teeth[:, None] * np.maximum(face[:, wide] - widest, 0.0)
    out = close_lips(touch_teeth(face, teeth), shut)
    # Most of a nose wrinkle stays, so that it does not twitch with every p; the lips close against its pull.
    stays = np.maximum(0.75 * face[:, SNEER] - out[:, SNEER], 0.0)
    out[:, SNEER] += stays
    out[:, CLOSE] += _SNEER_TO_CLOSE * stays.sum(axis=1)
    return press_together(out, np.where(shut > 0.99, 1.0, 0.0).astype(np.float32))


def _contact_tracks(phones: Sequence[Phone], frames: int) -> tuple[FloatArray, FloatArray]:
    """Return the weights (T,) of shut lips and of the lower lip at the teeth."""
    weights = {kind: np.zeros(frames, np.float32) for kind in ("shut", "teeth")}
    middles: dict[str, list[int]] = {"shut": [], "teeth": []}
    last_middle = -1
    for phone, start, end in sorted(phones, key=lambda p: p[1]):
        kind = "shut" if phone in BILABIAL else "teeth" if phone in LABIODENTAL else None
        if kind is None or end <= start or not _add_window(weights[kind], start, end):
            continue
        # In a fast "have my" the lip reaches the teeth first, then the lips close.
        middle = max(round((start + (0.45 * (end - start))) * FPS), last_middle + 1)
        if middle < frames:
            weights[kind][middle] = 1.0
            middles[kind].append(middle)
        last_middle = middle
    shut, teeth = weights["shut"], weights["teeth"]
    shut[middles["teeth"]] = 0.0
    teeth[middles["shut"]] = 0.0
    teeth *= 1.0 - shut
    return shut, teeth


def contact_weight(contacts: Sequence[Phone], frames: int) -> FloatArray:
    """Return the weight (T,) of any of ``contacts``."""
    weight = np.zeros(frames, np.float32)
    for _, start, end in contacts:
        _add_window(weight, start, end)
    return weight


def _add_window(weight: FloatArray, start: float, end: float) -> bool:
    """Raise ``weight`` (T,) in place to the window of a contact (s); False if no frame is near it."""
    first, last = max(int((start - _EASE) * FPS), 0), min(int((end + _EASE) * FPS) + 2, len(weight))
    if last <= first:
        return False
    window = closure_window(start - first / FPS, end - first / FPS, last - first)
    np.maximum(weight[first:last], window, out=weight[first:last])
    return True


def closure_window(start: float, end: float, frames: int) -> FloatArray:
    """Return the weight (T,) of a contact from ``start`` to ``end`` (s): 1 on at least one frame, eased in and out."""
    t = np.arange(frames, dtype=np.float32) / FPS
    length = end - start
    on, off = start + 0.15 * length, end - 0.25 * length
    weight = np.minimum(smooth_step(t, on - 0.060, on), 1.0 - smooth_step(t, off, off + 0.060))
    centre = round(0.5 * (on + off) * FPS)
    if 0 <= centre < frames:
        weight[centre] = 1.0
    return weight.astype(np.float32)


def _span(start: float, end: float, frames: int) -> slice:
    """Return the frames from ``start`` to ``end`` (s), at least one."""
    first = min(max(int(start * FPS), 0), max(frames - 1, 0))
    return slice(first, max(int(np.ceil(end * FPS)) + 1, first + 1))


def _resampled(values: FloatArray, rate: float, frames: int) -> FloatArray:
    """Return ``values`` (N,) at ``rate`` Hz as (T,) at ``FPS``, the smaller of two neighbours at a time."""
    smaller = minimum_filter1d(values, 2, mode="nearest")
    return np.interp(np.arange(frames) / FPS, (np.arange(len(smaller)) + 0.5) / rate, smaller).astype(np.float32)
