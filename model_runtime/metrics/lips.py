"""Measures of lips on real speech: closure on p, b, m, contact on f, v, false closures, jaw and gap correlation.

Gaps come from the vertices of the ICT face where it is at hand, else from ``face.mouth_shapes.lip_gap``, a linear model
fitted to the same vertices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract import EMOTIONS, FPS, FloatArray
from ..datasets.ict_face import IctFace
from ..face.model import FaceModel
from ..face.mouth_shapes import BILABIAL, JAW, LABIODENTAL, ROLL_LOWER, SILENCE, TOUCHING, lip_gap
from ..face.visemes import Phone, viseme_curves, with_rests
from .held_out_speech import held_out_speech

TEETH_CONTACT = 0.10  # cm between lower lip and upper incisors that reads as contact; the mesh has 0.12 at rest


class MouthGeometry:
    """Inner-lip gap and lip-to-teeth distance of the ICT face for ARKit curves (T, 52), linear in the curves."""

    def __init__(self, face: IctFace) -> None:
        at, jaw = face.vertices, face.deltas[JAW]
        number = np.arange(len(at))
        middle = (number < 9409) & (np.abs(at[:, 0]) < 0.65) & (at[:, 1] > -4.4) & (at[:, 1] < -2.5)
        lips = middle & (at[:, 2] > 10.8)
        self._columns = []
        for x in (-0.5, -0.25, 0.0, 0.25, 0.5):
            near = np.abs(at[:, 0] - x) < 0.14
            self._columns.append(
                (np.flatnonzero(lips & near & (jaw[:, 1] > -1)), np.flatnonzero(lips & near & (jaw[:, 1] < -2)))
            )
        self._lower = np.flatnonzero(middle & (jaw[:, 1] < -2) & (at[:, 2] > 10.5))
        teeth = (number >= 17039) & (number < 21451) & (np.abs(jaw[:, 1]) < 0.1) & (np.abs(at[:, 0]) < 0.8)
        self._incisors = np.flatnonzero(teeth & (at[:, 1] < -3.25))
        used = np.unique(np.concatenate([self._lower, self._incisors, *(np.concatenate(c) for c in self._columns)]))
        self._row = {int(v): i for i, v in enumerate(used)}
        self._neutral, self._deltas = at[used], face.deltas[:, used]

    def gap(self, curves: FloatArray) -> FloatArray:
        """Return the distance (T,) in cm of the inner lips at the middle of the mouth; 0 when they touch."""
        y = self._posed(curves)[..., 1]
        open_by = [
            y[:, self._rows(upper)].min(axis=1) - y[:, self._rows(lower)].max(axis=1) for upper, lower in self._columns
        ]
        return np.maximum(np.mean(open_by, axis=0) - TOUCHING, 0.0).astype(np.float32)

    def teeth_distance(self, curves: FloatArray) -> FloatArray:
        """Return the distance (T,) in cm from the lower lip to the edge of the upper incisors."""
        points = self._posed(curves)
        lower, teeth = points[:, self._rows(self._lower)], points[:, self._rows(self._incisors)]
        return np.array([np.sqrt(((a[:, None] - b) ** 2).sum(-1).min()) for a, b in zip(lower, teeth)], np.float32)

    def _posed(self, curves: FloatArray) -> FloatArray:
        return self._neutral + np.tensordot(curves.astype(np.float32), self._deltas, axes=1)

    def _rows(self, vertices: NDArray[Any]) -> NDArray[np.intp]:
        return np.array([self._row[int(v)] for v in vertices], np.intp)


@dataclass(frozen=True)
class LipScores:
    """Shares in [0, 1] and correlations; ``contacts``: the numbers of p/b/m and of f/v."""

    closure: float
    teeth_contact: float
    false_closure: float
    jaw_correlation: float
    gap_correlation: float
    contacts: tuple[int, int]


def score_lips(
    faces: Sequence[FloatArray],
    spoken: Sequence[Sequence[Phone]],
    loudness: Sequence[FloatArray],
    geometry: MouthGeometry | None = None,
) -> LipScores:
    """Score faces (T, 52) against the aligned phones of each; ``loudness`` (T,) as for ``viseme_curves``.

    The jaw and the lip gap are correlated with those of the composed face of the same phones.
    """
    closed: list[bool] = []
    touched: list[bool] = []
    false, jaws, gaps = [], [], []
    for face, phones, loud in zip(faces, spoken, loudness):
        frames = len(face)
        gap = _gap(face, geometry)
        teeth = _touches_teeth(face, gap, geometry)
        for phone, start, end in phones:
            window = _span(start, end, frames, 1)
            if phone in BILABIAL:
                closed.append(bool((gap[window] <= 0.0).any()))
            elif phone in LABIODENTAL:
                touched.append(bool(teeth[window].any()))
        # Where the alignment puts a phone into a pause, a shut mouth is right.
        false.append(gap[_open_sounds(phones, frames) & (loud > 0.0)] <= 0.0)
        reference = viseme_curves(phones, frames, loud)
        jaws.append((face[:, JAW], reference[:, JAW]))
        gaps.append((gap, _gap(reference, geometry)))
    return LipScores(
        closure=_share(closed),
        teeth_contact=_share(touched),
        false_closure=_share(np.concatenate(false) if false else []),
        jaw_correlation=_correlation(jaws),
        gap_correlation=_correlation(gaps),
        contacts=(len(closed), len(touched)),
    )


def _gap(face: FloatArray, geometry: MouthGeometry | None) -> FloatArray:
    return geometry.gap(face) if geometry else lip_gap(face)


def _touches_teeth(face: FloatArray, gap: FloatArray, geometry: MouthGeometry | None) -> NDArray[np.bool_]:
    """Return the frames (T,) in which the lower lip touches the upper teeth."""
    if geometry:
        return geometry.teeth_distance(face) <= TEETH_CONTACT
    return (face[:, ROLL_LOWER] > 0.12) & (gap < 0.45)


def _open_sounds(phones: Sequence[Phone], frames: int) -> NDArray[np.bool_]:
    """Return the frames (T,) of sounds on which the lips do not meet, away from those on which they do and from
    pauses.
    """
    shut = (*BILABIAL, *LABIODENTAL, SILENCE)
    elsewhere = np.zeros(frames, bool)
    for phone, start, end in with_rests(phones, frames / FPS):
        if phone not in shut:
            elsewhere[_span(start, end, frames)] = True
    for phone, start, end in phones:
        if phone in shut:
            elsewhere[_span(start, end, frames, 1 if phone != SILENCE else 2)] = False
    return elsewhere


def _span(start: float, end: float, frames: int, margin: int = 0) -> slice:
    first = int(np.floor(start * FPS)) - margin
    last = int(np.ceil(end * FPS)) + margin
    return slice(max(first, 0), max(min(last + 1, frames), 0))


def _share(hits: Sequence[bool] | FloatArray) -> float:
    return float(np.mean(hits)) if len(hits) else float("nan")


def _correlation(pairs: Sequence[tuple[FloatArray, FloatArray]]) -> float:
    """Return the mean over utterances of the correlation of each pair (T,)."""
    values = [np.corrcoef(a, b)[0, 1] for a, b in pairs if a.std() > 1e-6 and b.std() > 1e-6]
    return float(np.mean(values)) if values else float("nan")


def measure_face(
    data_dir: Path,
    weights_dir: Path | None = None,
    seed: int = 0,
    quality: str = "final",
    words: bool = False,
    lips: float = 1.0,
    emotion: tuple[str, float] | None = None,
) -> dict[str, LipScores]:
    """Return the scores of the trained face on held-out speech with a silent partner, by reader and for 'all'.

    ``words``: the transcript is given. ``lips``: share of the lip-tuned weights. ``emotion``: one emotion and its
    intensity, 0 to 2, throughout.
    """
    model = FaceModel.load(weights_dir)
    geometry = MouthGeometry(IctFace(data_dir / "face")) if IctFace.available(data_dir) else None
    utterances = list(held_out_speech(data_dir))
    faces = [
        model.generate(
            u.wave,
            np.zeros_like(u.wave),
            u.frames,
            seed,
            quality,
            emotion=constant_emotion(u.frames, emotion),
            phones=u.segments if words else (),
            lips=lips,
        )
        for u in utterances
    ]
    readers = [u.name.split("/")[0] for u in utterances]
    groups = {reader: [i for i, r in enumerate(readers) if r == reader] for reader in sorted(set(readers))}
    groups["all"] = list(range(len(utterances)))
    loudness = [u.loudness() for u in utterances]
    return {
        name: score_lips(
            [faces[i] for i in chosen], [utterances[i].phones for i in chosen], [loudness[i] for i in chosen], geometry
        )
        for name, chosen in groups.items()
    }


def constant_emotion(frames: int, emotion: tuple[str, float] | None) -> FloatArray:
    """Return (T, 26) with one emotion at its intensity, all zeros for None."""
    track = np.zeros((frames, len(EMOTIONS)), np.float32)
    if emotion:
        track[:, EMOTIONS.index(emotion[0])] = emotion[1]
    return track
