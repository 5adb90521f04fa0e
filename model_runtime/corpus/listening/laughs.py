"""Bodies that laugh: the trunk, the shoulders and the head of captured people who laugh, laid over a performance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...body_model import rotations as rot
from ...body_model.skeleton import INDEX
from ...common.easing import smootherstep
from ...contract import FPS, FloatArray
from ...datasets.clip import Clip
from ..script.affect import AffectTrack

TRUNK = tuple(INDEX[name] for name in ("spine1", "spine2", "spine3", "left_collar", "right_collar"))
ARMS = tuple(INDEX[f"{side}_{part}"] for side in ("left", "right") for part in ("shoulder", "elbow"))
_HEAD = (INDEX["neck"], INDEX["head"])
_BEFORE, _AFTER = 0.25, 1.1  # s that the body begins before the sound and calms down after it
_EASE = (0.35, 0.8)  # s
# Radians of a joint at most, softly: of people who double up with laughter only a part is taken.
_FURTHEST = {"trunk": np.radians(8.0), "arms": np.radians(45.0), "head": np.radians(16.0)}
_TRIES = 4  # places of a clip of which the liveliest is taken


class Laughter(NamedTuple):
    """Rotation vectors in radians that laughing adds to ``TRUNK`` (T, 5, 3) and ``ARMS`` (T, 4, 3), and to the head (T,
    3) pitch down, yaw to the left and roll to the right.
    """

    trunk: FloatArray
    arms: FloatArray
    head: FloatArray


def laughter(
    rng: np.random.Generator,
    frames: int,
    laughs: Sequence[tuple[float, float]],
    clips: Sequence[Clip],
    affect: AffectTrack,
) -> Laughter | None:
    """Return what the ``laughs`` (s, s) of an actor add to its motion, taken from ``clips`` of people who laugh; None
    without a laugh or a clip. Larger with arousal, smaller in the tense.
    """
    found = [clip for clip in clips if "laugh" in clip.tags]
    if not found or not laughs:
        return None
    added = Laughter(*(np.zeros((frames, *shape), np.float32) for shape in ((len(TRUNK), 3), (len(ARMS), 3), (3,))))
    for start, end in laughs:
        first, last = max(0, round((start - _BEFORE) * FPS)), min(frames, round((end + _AFTER) * FPS))
        if last - first < FPS // 2:
            continue
        now = affect.at(start)
        size = float(np.clip(0.75 + 0.25 * now.arousal + 0.1 * now.warmth, 0.45, 1.1) * rng.uniform(0.75, 1.1))
        clip = found[int(rng.integers(len(found)))]
        part = _liveliest(rng, clip, last - first)
        at = np.arange(last - first) / FPS
        fade = smootherstep(at / _EASE[0]) * smootherstep((at[-1] - at) / _EASE[1])
        mirrored = rng.random() < 0.5
        for track, joints, furthest in (
            (added.trunk, TRUNK, _FURTHEST["trunk"]),
            (added.arms, ARMS, _FURTHEST["arms"]),
        ):
            vectors = _away(clip, joints, part, mirrored)
            track[first:last] += _softly(vectors, furthest) * (size * fade)[:, None, None]
        head = _away(clip, _HEAD, part, mirrored).sum(axis=1)[:, [0, 2, 1]]
        added.head[first:last] += _softly(head, _FURTHEST["head"]) * (size * fade)[:, None]
    return added


def _liveliest(rng: np.random.Generator, clip: Clip, frames: int) -> NDArray[np.int64]:
    """Return the frames of ``clip`` to play: of some places the one where the trunk moves most. Past the clip's end it
    is played backwards.
    """
    bend = _away(clip, TRUNK[:3], np.arange(clip.frames), False).sum(axis=1)
    best, most = np.arange(frames), -1.0
    for _ in range(_TRIES):
        start = int(rng.integers(max(1, clip.frames - frames)))
        there = start + np.arange(frames)
        there = np.abs((there + clip.frames - 1) % (2 * clip.frames - 2) - (clip.frames - 1))  # there and back
        moved = float(np.linalg.norm(bend[there].std(axis=0)))
        if moved > most:
            best, most = there, moved
    return best


def _away(clip: Clip, joints: Sequence[int], frames: NDArray[np.int64], mirrored: bool) -> FloatArray:
    """Return rotation vectors (F, J, 3) of ``joints`` from the pose in which the clip begins."""
    rotations = (clip.mirrored() if mirrored else clip).rotations[:, list(joints)]
    return rot.to_axis_angle(rot.multiply(rot.conjugate(rotations[0]), rotations[frames]))


def _softly(vectors: FloatArray, furthest: float) -> FloatArray:
    """Return ``vectors`` (..., 3) with lengths that near ``furthest`` and never exceed it."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors * (furthest * np.tanh(length / furthest) / np.maximum(length, 1e-9))
