"""Lips that close when they must: p, b, m shut, f, v on the teeth, other sounds open, silence at rest; told by words or
heard.

Faces are (T, 52) ARKit weights at ``FPS``; a phone is (name, start, end) in seconds from frame 0.
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

_SNEER_TO_CLOSE = (
    0.085  # mouthClose per unit of one side's noseSneer that brings the lips together again, on the ICT face
)
_EASE = 0.07  # seconds over which a contact comes and goes
_NOTICED, _SURE = (
    0.10,
    1.2,
)  # posteriors of a contact: where it may begin, and when it would hold for all its time: what is only heard never does
_BELIEVED = {
    BILABIAL: 0.30,
    LABIODENTAL: 0.24,
}  # what its peak must reach; f and v, which shut nothing, are cheaper to get wrong
_VOICED = 0.3  # of voice activity somewhere in a contact that is only heard


def refine_lips(
    face: FloatArray,
    phones: FloatArray,
    names: Sequence[str],
    rate: float,
    voice_activity: FloatArray,
    told: NDArray[np.bool_] | None = None,
) -> FloatArray:
    """Hold a generated face to what was said.

    ``face`` (T, 52); ``phones`` (N, P) posteriors of ``names`` at ``rate`` Hz; ``voice_activity`` (T,) in [0, 1];
    ``told`` (N,): where the posteriors are known from words. Returns (T, 52) in [0, 1]: p/b/m closed, f/v on the teeth,
    other sounds not shut, silence at rest.
    """
    frames = len(face)
    column = {name: i for i, name in enumerate(names)}
    known = np.zeros(len(phones), bool) if told is None else told

    def share(wanted: Sequence[str]) -> FloatArray:
        return phones[:, [column[name] for name in wanted if name in column]].sum(axis=1)

    spoken = np.interp(
        np.arange(frames) / FPS, np.arange(len(phones)) / rate, (known & (share((SILENCE,)) < 0.5)).astype(np.float32)
    )
    voice = np.maximum(voice_activity, spoken).astype(np.float32)
    loud = gaussian_filter1d(maximum_filter1d(voice, 5, mode="nearest"), 1.2, mode="nearest")
    contacts: list[Phone] = []
    for kind in (BILABIAL, LABIODENTAL):
        believed = share(kind)
        contacts += [(kind[0], a / rate, b / rate) for a, b in runs_of(known & (believed > 0.5))]
        heard = detect_lip_contacts(np.where(known, 0.0, believed), rate, _BELIEVED[kind])
        contacts += [(kind[0], a, b) for a, b in heard if loud[_span(a, b, frames)].max(initial=0.0) > _VOICED]
    apart = _sampled(1.0 - share((*BILABIAL, *LABIODENTAL, SILENCE)), rate, frames)
    shut_or_touching = contact_weight(contacts, frames)
    out = np.clip(face, 0.0, 1.0).astype(np.float32)
    out = part_lips(out, smooth_step(apart, 0.1, 0.4) * (1.0 - shut_or_touching) * loud)
    out = lay_contacts(out, contacts)
    out = rest_mouth(out, np.clip(1.0 - np.maximum(loud, shut_or_touching), 0.0, 1.0))
    return np.clip(out, 0.0, 1.0).astype(np.float32)


def detect_lip_contacts(
    probability: FloatArray, rate: float, believed: float = _BELIEVED[BILABIAL]
) -> list[tuple[float, float]]:
    """Posterior of a contact (N,) at ``rate`` Hz -> (start, end) in s of every contact whose peak reaches ``believed``.

    A missed closure is seen more than a brief false one, so belief may be weak; but the weaker it is the shorter it
    holds, down to a single frame: of the frames falsely shut that takes a quarter, and no closure is lost.
    """
    smooth = gaussian_filter1d(probability.astype(np.float32), 0.6, mode="nearest")
    found = []
    for first, last in runs_of(smooth > _NOTICED):
        run = np.arange(first, last)
        if smooth[run].max() >= believed:
            peak = float(smooth[run].max())
            top = run[smooth[run] >= 0.7 * peak]
            middle, half = 0.5 * (top[0] + top[-1] + 1) / rate, 0.5 * (top[-1] + 1 - top[0]) / rate
            half *= min(max((peak - believed) / (_SURE - believed), 0.0), 1.0)
            found.append((middle - half, middle + half))
    return found


def lay_contacts(face: FloatArray, phones: Sequence[Phone]) -> FloatArray:
    """Close the lips on every p, b, m and bring the lower lip to the teeth on every f, v; each has a frame of its own."""
    frames = len(face)
    weights = {kind: np.zeros(frames, np.float32) for kind in ("shut", "teeth")}
    middles: dict[str, list[int]] = {"shut": [], "teeth": []}
    taken = -1
    for phone, start, end in sorted(phones, key=lambda p: p[1]):
        kind = "shut" if phone in BILABIAL else "teeth" if phone in LABIODENTAL else None
        first, last = max(int((start - _EASE) * FPS), 0), min(int((end + _EASE) * FPS) + 2, frames)
        if kind is None or last <= first or end <= start:
            continue
        window = closure_window(start - first / FPS, end - first / FPS, last - first)
        np.maximum(weights[kind][first:last], window, out=weights[kind][first:last])
        middle = max(round((start + (0.45 * (end - start))) * FPS), taken + 1)  # "have my" in a hurry: teeth, then lips
        if middle < frames:
            weights[kind][middle] = 1.0
            middles[kind].append(middle)
        taken = middle
    shut, teeth = weights["shut"], weights["teeth"]
    shut[middles["teeth"]] = 0.0
    teeth[middles["shut"]] = 0.0
    teeth *= 1.0 - shut
    face = face.copy()
    for name, widest in (
        ("mouthSmile", 0.48),
        ("mouthDimple", 0.20),
    ):  # a broad smile pulls the lower lip off the teeth
        wide = columns(name)
        face[:, wide] -= teeth[:, None] * np.maximum(face[:, wide] - widest, 0.0)
    out = close_lips(touch_teeth(face, teeth), shut)
    # A wrinkled nose does not twitch with every p: most of it stays, and the lips meet against its pull.
    stays = np.maximum(0.75 * face[:, SNEER] - out[:, SNEER], 0.0)
    out[:, SNEER] += stays
    out[:, CLOSE] += _SNEER_TO_CLOSE * stays.sum(axis=1)
    return press_together(out, np.where(shut > 0.99, 1.0, 0.0).astype(np.float32))


def contact_weight(contacts: Sequence[Phone], frames: int) -> FloatArray:
    """(T,) how far the mouth is taken by any of ``contacts``."""
    weight = np.zeros(frames, np.float32)
    for _, start, end in contacts:
        first, last = max(int((start - _EASE) * FPS), 0), min(int((end + _EASE) * FPS) + 2, frames)
        if last > first:
            window = closure_window(start - first / FPS, end - first / FPS, last - first)
            np.maximum(weight[first:last], window, out=weight[first:last])
    return weight


def closure_window(start: float, end: float, frames: int) -> FloatArray:
    """(T,) weight of a contact held from ``start`` to ``end`` (s): 1 on at least one frame, eased in and out."""
    t = np.arange(frames, dtype=np.float32) / FPS
    length = end - start
    on, off = start + 0.15 * length, end - 0.25 * length
    weight = np.minimum(smooth_step(t, on - 0.060, on), 1.0 - smooth_step(t, off, off + 0.060))
    centre = round(0.5 * (on + off) * FPS)
    if 0 <= centre < frames:
        weight[centre] = 1.0
    return weight.astype(np.float32)


def _span(start: float, end: float, frames: int) -> slice:
    first = min(max(int(start * FPS), 0), max(frames - 1, 0))
    return slice(first, max(int(np.ceil(end * FPS)) + 1, first + 1))


def _sampled(values: FloatArray, rate: float, frames: int) -> FloatArray:
    """(N,) at ``rate`` -> (T,) at ``FPS``, the smaller of the neighbours so that nothing is claimed that is unsure."""
    calm = minimum_filter1d(values, 2, mode="nearest")
    return np.interp(np.arange(frames) / FPS, (np.arange(len(calm)) + 0.5) / rate, calm).astype(np.float32)
