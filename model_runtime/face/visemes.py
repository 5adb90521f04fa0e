"""Mouth curves of timed phones, with co-articulation.

Each phone has a target for the jaw and one for the lips, weighted over time by dominance functions (Cohen & Massaro
1993, "Modeling coarticulation in synthetic visual speech"). The curve is the mean of all targets weighted by dominance,
so the lips round before the vowel of "stew" and a fast vowel undershoots. The contacts of p, b, m and f, v must not be
averaged: they are laid over the result and hold for at least one frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..contract import ARKIT_NAMES, FPS, FloatArray
from ..speech.phones import PHONES
from .arkit import CURVE, columns
from .lips import Phone, lay_contacts
from .mouth_shapes import BILABIAL, JAW, LABIODENTAL, SILENCE, VOWELS


@dataclass(frozen=True)
class Viseme:
    """``jaw``: target of jawOpen; ``lips``: targets of other curves; dominances: their weights, 1 for a plain vowel."""

    jaw: float
    jaw_dominance: float
    lips: dict[str, float]
    lip_dominance: float


# Rounding is about half of that in tables of extreme poses: conversation rounds the lips much less.
_AA = Viseme(0.34, 1.0, {}, 0.7)
_AE = Viseme(0.30, 1.0, {"mouthStretch": 0.10, "mouthLowerDown": 0.06, "mouthUpperUp": 0.04}, 0.7)
_AO = Viseme(0.28, 1.0, {"mouthFunnel": 0.20, "mouthPucker": 0.14}, 0.9)
_IY = Viseme(0.09, 0.9, {"mouthStretch": 0.13, "mouthSmile": 0.09, "mouthLowerDown": 0.10, "mouthUpperUp": 0.04}, 0.8)
_UW = Viseme(0.08, 0.9, {"mouthFunnel": 0.20, "mouthPucker": 0.58}, 1.5)
_TONGUE_TIP = {"mouthLowerDown": 0.07, "mouthUpperUp": 0.03}

VISEMES: dict[str, tuple[Viseme, ...]] = {  # two visemes: a diphthong glides from the first to the second
    "AA": (_AA,),
    "AE": (_AE,),
    "AO": (_AO,),
    "IY": (_IY,),
    "UW": (_UW,),
    "AH": (Viseme(0.20, 0.8, {"mouthLowerDown": 0.03}, 0.5),),
    "EH": (Viseme(0.22, 0.9, {"mouthStretch": 0.10, "mouthLowerDown": 0.07, "mouthUpperUp": 0.03}, 0.7),),
    "IH": (Viseme(0.13, 0.8, {"mouthStretch": 0.09, "mouthLowerDown": 0.08, "mouthUpperUp": 0.03}, 0.6),),
    "ER": (Viseme(0.13, 0.8, {"mouthFunnel": 0.13, "mouthPucker": 0.10}, 0.8),),
    "UH": (Viseme(0.13, 0.8, {"mouthFunnel": 0.16, "mouthPucker": 0.32}, 1.0),),
    "AW": (_AA, _UW),
    "AY": (_AA, _IY),
    "EY": (Viseme(0.20, 0.9, {"mouthStretch": 0.11, "mouthLowerDown": 0.08}, 0.7), _IY),
    "OW": (_AO, Viseme(0.10, 0.9, {"mouthFunnel": 0.20, "mouthPucker": 0.50}, 1.4)),
    "OY": (_AO, _IY),
    "W": (Viseme(0.06, 0.8, {"mouthFunnel": 0.16, "mouthPucker": 0.62}, 1.8),),
    "R": (Viseme(0.10, 0.5, {"mouthFunnel": 0.17, "mouthPucker": 0.22}, 0.9),),
    "Y": (Viseme(0.08, 0.6, {"mouthStretch": 0.09, "mouthSmile": 0.06, "mouthLowerDown": 0.06}, 0.5),),
    "L": (Viseme(0.13, 0.5, _TONGUE_TIP, 0.25),),
    "T": (Viseme(0.07, 0.8, _TONGUE_TIP, 0.25),),
    "D": (Viseme(0.08, 0.7, _TONGUE_TIP, 0.25),),
    "N": (Viseme(0.09, 0.6, _TONGUE_TIP, 0.25),),
    "TH": (Viseme(0.08, 0.9, {"mouthLowerDown": 0.10, "mouthUpperUp": 0.04, "tongueOut": 0.10}, 0.5),),
    "DH": (Viseme(0.09, 0.7, {"mouthLowerDown": 0.08, "mouthUpperUp": 0.03, "tongueOut": 0.07}, 0.4),),
    "S": (Viseme(0.05, 1.4, {"mouthStretch": 0.08, "mouthLowerDown": 0.14, "mouthUpperUp": 0.06}, 0.5),),
    "Z": (Viseme(0.05, 1.3, {"mouthStretch": 0.08, "mouthLowerDown": 0.13, "mouthUpperUp": 0.06}, 0.5),),
    "SH": (Viseme(0.05, 1.4, {"mouthFunnel": 0.26, "mouthPucker": 0.20}, 1.1),),
    "ZH": (Viseme(0.05, 1.3, {"mouthFunnel": 0.25, "mouthPucker": 0.20}, 1.1),),
    "CH": (Viseme(0.05, 1.3, {"mouthFunnel": 0.25, "mouthPucker": 0.20}, 1.0),),
    "JH": (Viseme(0.06, 1.2, {"mouthFunnel": 0.24, "mouthPucker": 0.20}, 1.0),),
    "K": (Viseme(0.12, 0.35, {}, 0.12),),
    "G": (Viseme(0.12, 0.35, {}, 0.12),),
    "NG": (Viseme(0.12, 0.35, {}, 0.12),),
    "HH": (Viseme(0.16, 0.15, {}, 0.05),),
    "P": (Viseme(0.05, 1.0, {}, 0.25),),
    "B": (Viseme(0.06, 0.9, {}, 0.25),),
    "M": (Viseme(0.06, 0.9, {}, 0.25),),
    "F": (Viseme(0.06, 1.1, {}, 0.4),),
    "V": (Viseme(0.06, 1.0, {}, 0.4),),
    "SIL": (Viseme(0.0, 0.9, {}, 0.5),),
}

_LIP_CURVES = (
    "mouthFunnel", "mouthPucker", "mouthStretch", "mouthSmile", "mouthLowerDown", "mouthUpperUp", "tongueOut"
)  # fmt: skip
_JAW_REACH = (0.045, 0.055)  # seconds over which dominance fades before and after a phone
_LIP_REACH = (0.090, 0.065)  # lips move earlier than the jaw
_SILENCE_REACH = 0.035  # a pause hardly affects the sounds around it


def last_sound(phones: Sequence[Phone]) -> float:
    """Return the end (s) of the last sound, or of ``phones`` if all are silent."""
    return max((end for phone, _, end in phones if phone != SILENCE), default=phones[-1][2])


def viseme_curves(
    phones: Sequence[Phone], frames: int, loudness: FloatArray | None = None, articulation: float = 1.0
) -> FloatArray:
    """Return mouth curves (T, 52) of ``phones`` (seconds from frame 0); every other curve is 0.

    ``loudness`` (T,): scales the opening, 1 at speaking level (the prosody's energy); ``articulation``: 0.8 is mumbled,
    1.2 exaggerated. Before the first phone, after the last and in gaps the mouth rests.
    """
    face = np.zeros((frames, len(ARKIT_NAMES)), np.float32)
    phones = with_rests(phones, frames / FPS)
    segments = [(v, phone, a, b) for phone, start, end in phones for v, a, b in _segments(phone, start, end)]
    loud = np.ones(frames, np.float32) if loudness is None else np.clip(loudness, 0.0, 1.4).astype(np.float32)

    jaw_targets = np.array([[v.jaw] for v, *_ in segments], np.float32)
    jaw_weights = [v.jaw_dominance for v, *_ in segments]
    jaw = _blend(segments, jaw_targets, jaw_weights, _JAW_REACH, frames)[:, 0]
    lip_targets = np.array([[v.lips.get(c, 0.0) for c in _LIP_CURVES] for v, *_ in segments], np.float32)
    lip_weights = [v.lip_dominance for v, *_ in segments]
    lips = _blend(segments, lip_targets, lip_weights, _LIP_REACH, frames)

    face[:, JAW] = jaw * articulation * (0.45 + 0.55 * loud)
    for number, curve in enumerate(_LIP_CURVES):
        face[:, columns(curve)] = (lips[:, number] * (0.7 + 0.3 * articulation) * (0.8 + 0.2 * loud))[:, None]
    return lay_contacts(face, phones)


def opening_weight(phones: Sequence[Phone], frames: int) -> FloatArray:
    """Return (T,) 1 on sounds that part the lips, 0 in pauses and on p, b, m, f, v."""
    weight = np.zeros(frames, np.float32)
    for phone, start, end in phones:
        if phone not in (*BILABIAL, *LABIODENTAL, SILENCE):
            weight[max(int(np.ceil(start * FPS)), 0) : max(int(end * FPS) + 1, 0)] = 1.0
    return weight


def with_rests(phones: Sequence[Phone], duration: float, shortest: float = 0.12) -> list[Phone]:
    """Return the phones in order, with ``SIL`` in every gap of at least ``shortest`` s from 0 to ``duration``."""
    out: list[Phone] = []
    at = min([0.0, *(start for _, start, _ in phones)])
    for phone, start, end in sorted(phones, key=lambda p: p[1]):
        if start - at >= shortest:
            out.append((SILENCE, at, start))
        out.append((phone if phone in VISEMES else SILENCE, start, end))
        at = max(at, end)
    if duration - at >= shortest or not out:
        out.append((SILENCE, at, max(duration, at + shortest)))
    return out


def _segments(phone: str, start: float, end: float) -> list[tuple[Viseme, float, float]]:
    """Return the visemes of a phone, with their start and end (s)."""
    parts = VISEMES[phone]
    if len(parts) == 1:
        return [(parts[0], start, end)]
    middle = start + 0.55 * (end - start)
    return [(parts[0], start, middle), (parts[1], middle, end)]


def _blend(
    segments: Sequence[tuple[Viseme, str, float, float]],
    targets: FloatArray,
    weights: Sequence[float],
    reach: tuple[float, float],
    frames: int,
) -> FloatArray:
    """Return the mean (T, C) of ``targets`` (S, C), weighted by dominance."""
    t = np.arange(frames, dtype=np.float32) / FPS
    total = np.full(frames, 1e-6, np.float32)
    out = np.zeros((frames, targets.shape[1]), np.float32)
    for (_, phone, start, end), target, weight in zip(segments, targets, weights):
        before, after = (_SILENCE_REACH, _SILENCE_REACH) if phone == SILENCE else reach
        inset = 0.30 * (end - start) if phone != SILENCE else min(0.05, 0.3 * (end - start))
        first, last = max(int((start - 6 * before) * FPS), 0), min(int((end + 6 * after) * FPS) + 2, frames)
        if last <= first:
            continue
        x = t[first:last]
        distance = np.maximum((start + inset - x) / before, (x - end + inset) / after)
        dominance = weight * np.exp(-np.maximum(distance, 0.0))
        total[first:last] += dominance
        out[first:last] += dominance[:, None] * target
    return out / total[:, None]


assert set(VISEMES) == set(PHONES) and set(VOWELS) <= set(PHONES) and "tongueOut" in CURVE
