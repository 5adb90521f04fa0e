"""Measures of faces against the composed faces of the aligned words, on the vertices of the ICT face.

LVE and FDD as in Richard et al. 2021 ("MeshTalk") and Xing et al. 2023 ("CodeTalker"), in millimetres. There is no
captured speech with ARKit curves and a free licence, so the reference is the composed face of the same words, and the
tables say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..contract import FPS, FloatArray
from ..datasets.ict_face import IctFace
from ..face.arkit import CURVE, columns
from ..face.gaze import look_directions
from ..face.mouth_shapes import MOUTH

_FACE = 9409  # vertices of the skin without neck and scalp, the first of ICT-FaceKit's topology
_MM = 10.0  # a centimetre
_UPPER = ("browDown", "browOuterUp", "eyeBlink", "eyeSquint", "eyeWide", "cheekSquint")
_SHUT = 0.6  # of eyeBlink: a blink's peak reaches it
_SEEN_SHUT = 0.35  # of a blink's peak, above which time counts as its duration
_SACCADE = 0.06  # radians in a frame


class FaceGeometry:
    """Lip and upper-face vertices of the ICT face, linear in the curves."""

    def __init__(self, face: IctFace) -> None:
        moved = np.linalg.norm(face.deltas[:, :_FACE], axis=-1)  # (52, V) cm
        lips = moved[columns("mouthPucker", "mouthFunnel", "mouthRollLower", "mouthRollUpper")].max(0)
        upper = moved[[CURVE["browInnerUp"], *columns(*_UPPER)]].max(0)
        mouth = moved[MOUTH].max(0)
        self.lips = np.flatnonzero(lips > 0.35 * lips.max())
        self.upper = np.flatnonzero((upper > 0.1 * upper.max()) & (mouth < 0.25 * mouth.max()))
        self._lip_deltas, self._upper_deltas = face.deltas[:, self.lips] * _MM, face.deltas[:, self.upper] * _MM

    def lip_vertex_error(self, made: FloatArray, reference: FloatArray) -> float:
        """Return the largest squared distance of a lip vertex of two faces (T, 52), mean over frames, mm^2."""
        apart = np.tensordot(made - reference, self._lip_deltas, axes=1)  # (T, L, 3)
        return float(np.square(apart).sum(-1).max(-1).mean())

    def dynamics(self, face: FloatArray) -> FloatArray:
        """Return the deviation over time (V,) of each upper-face vertex from neutral, mm; blinks included."""
        return np.linalg.norm(np.tensordot(face, self._upper_deltas, axes=1), axis=-1).std(0).astype(np.float32)


@dataclass(frozen=True)
class Liveliness:
    """The eyes of one face: blinks a minute and their mean length (s), saccades a minute, share of frames at the
    partner.
    """

    blinks_a_minute: float
    blink_seconds: float
    saccades_a_minute: float
    at_partner: float


def liveliness(face: FloatArray, partner: FloatArray | None = None) -> Liveliness:
    """Measure ``face`` (T, 52); ``partner`` (T, 2): yaw and pitch (radians) of the partner's head, straight ahead when
    None.
    """
    minutes = len(face) / FPS / 60.0
    lengths = blink_lengths(face)
    gaze = gaze_of(face)
    turned = np.linalg.norm(np.diff(gaze, axis=0), axis=-1)
    jumps = (turned[1:-1] > _SACCADE) & (turned[1:-1] >= turned[:-2]) & (turned[1:-1] > turned[2:])
    aim = np.zeros_like(gaze) if partner is None else partner
    return Liveliness(
        len(lengths) / minutes,
        float(np.mean(lengths)) if lengths else float("nan"),
        float(jumps.sum()) / minutes,
        float((np.linalg.norm(gaze - aim, axis=-1) < 0.15).mean()),
    )


def blink_lengths(face: FloatArray) -> list[float]:
    """Return the seconds of each blink of ``face`` (T, 52), measured at ``_SEEN_SHUT`` of its closure."""
    lid = face[:, columns("eyeBlink")].mean(1)
    rest = np.median(lid)
    found = []
    peaks = np.flatnonzero((lid[1:-1] > _SHUT) & (lid[1:-1] >= lid[:-2]) & (lid[1:-1] > lid[2:])) + 1
    for peak in peaks:
        bar = rest + _SEEN_SHUT * (lid[peak] - rest)
        below = np.flatnonzero(lid < bar)
        first, last = below[below < peak], below[below > peak]
        if len(first) and len(last):
            a, b = first[-1], last[0]
            start = a + (bar - lid[a]) / max(lid[a + 1] - lid[a], 1e-6)
            end = b - (bar - lid[b]) / max(lid[b - 1] - lid[b], 1e-6)
            found.append(float(end - start) / FPS)
    return found


def gaze_of(face: FloatArray) -> FloatArray:
    """Return yaw (to the left) and pitch (up) (T, 2) of both eyes' mean in radians, of ARKit curves (T, 52)."""
    return np.stack(look_directions(face), -1)


def brows_up(face: FloatArray) -> FloatArray:
    """Return the mean weight (T,) of the curves that raise the brows."""
    return face[:, [CURVE["browInnerUp"], *columns("browOuterUp")]].mean(1)


def question_lift(question: FloatArray, statement: FloatArray, end: float) -> float:
    """Return how much higher brows are at the ``end`` (s) of a sentence given as a question than of the same given as a
    statement, in curve weight. Both faces (T, 52).
    """
    near = slice(max(round((end - 0.35) * FPS), 0), round((end + 0.2) * FPS))
    return float((brows_up(question) - brows_up(statement))[near].mean())


def brow_lift(face: FloatArray, stresses: Sequence[tuple[float, float]]) -> float:
    """Return how much higher brows are from 0.1 s before to 0.3 s after stresses (s, strength) than on average, in
    standard deviations.
    """
    brows = brows_up(face)
    at = [brows[max(round((t - 0.1) * FPS), 0) : round((t + 0.3) * FPS)] for t, _ in stresses]
    near = [part.mean() for part in at if len(part)]
    return float((np.mean(near) - brows.mean()) / (brows.std() + 1e-6)) if near else float("nan")


def style_vector(face: FloatArray) -> FloatArray:
    """Return mean and deviation (2 C,) of each of the C curves outside the mouth, for style distances."""
    rest = [i for i in range(face.shape[1]) if i not in MOUTH]
    return np.concatenate([face[:, rest].mean(0), face[:, rest].std(0)]).astype(np.float32)


def style_distance(made: Sequence[FloatArray], own: Sequence[FloatArray]) -> tuple[float, float]:
    """Return the mean distance of each face in ``made`` to the same actor's in ``own``, and to the other actors'.

    Identity is preserved where the first is the smaller by far.
    """
    a, b = np.stack([style_vector(f) for f in made]), np.stack([style_vector(f) for f in own])
    scale = b.std(0) + 1e-3
    apart = np.sqrt(np.square((a[:, None] - b[None]) / scale).mean(-1))
    same = np.eye(len(a), dtype=bool)
    return float(apart[same].mean()), float(apart[~same].mean())


def probe_accuracy(speaking: Sequence[FloatArray], listening: Sequence[FloatArray], seconds: float = 4.0) -> float:
    """Return the accuracy of a linear probe that distinguishes speakers' faces from listeners'.

    Least squares on half of the clips, tested on the other half, and vice versa; the features are mean,
    deviation and speed of the curves over ``seconds``.
    """
    half = len(speaking) // 2
    first, second = slice(0, half), slice(half, None)
    right = [
        _probe_hits(speaking, listening, learn, judge, round(seconds * FPS))
        for learn, judge in ((first, second), (second, first))
    ]
    return float(np.concatenate(right).mean())


def _probe_hits(
    speaking: Sequence[FloatArray], listening: Sequence[FloatArray], learn: slice, judge: slice, frames: int
) -> NDArray[np.bool_]:
    """Return for each window of the clips of ``judge`` whether a probe fitted to those of ``learn`` is right."""
    rows = [_described(speaking[learn], frames), _described(listening[learn], frames)]
    x = np.array(rows[0] + rows[1])
    y = np.array([1.0] * len(rows[0]) + [-1.0] * len(rows[1]))
    mean, std = x.mean(0), x.std(0) + 1e-4
    z = np.c_[(x - mean) / std, np.ones(len(x))]
    weight = np.linalg.solve(z.T @ z + 10.0 * np.eye(z.shape[1]), z.T @ y)
    hits = []
    for faces, sign in ((speaking[judge], 1.0), (listening[judge], -1.0)):
        w = np.array(_described(faces, frames))
        hits.append(np.c_[(w - mean) / std, np.ones(len(w))] @ weight * sign > 0.0)
    return np.concatenate(hits)


def _described(faces: Sequence[FloatArray], frames: int) -> list[FloatArray]:
    """Return the features of every whole window of so many ``frames``."""
    windows = (face[i : i + frames] for face in faces for i in range(0, len(face) - frames + 1, frames))
    return [np.concatenate([w.mean(0), w.std(0), np.abs(np.diff(w, axis=0)).mean(0)]) for w in windows]
