"""Measures of composed scenes in their final motion, and the same on captured clips where that has a meaning.

Every frame belongs to one of ``CONTENTS``, and figures of clips are weighted by the minutes that the scenes have of
each. Sitting, walking and stepping are recognised in the motion, alike in both; gestures are recorded in the scene, and
for a clip in its tags.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks, savgol_filter

from ..body_model import rotations as rot
from ..body_model.skeleton import BODY_JOINTS, INDEX, Skeleton
from ..common.arrays import Array
from ..common.masks import expanded
from ..contract import FPS
from ..datasets.clip import Clip
from ..datasets.scene import Scene, SpokenUtterance
from ..face.mouth_shapes import BILABIAL, lip_gap
from ..planning.motion_labels import SETTLING, SIT, WALK
from ..speech.prosody import VOICE_ACTIVITY
from .body_motion import HANDS, BodyMotion
from .face_measures import gaze_of
from .nods import nod_times

CONTENTS = ("sit", "sit and gesture", "sit down or stand up", "stand", "stand and gesture", "step or turn", "walk")
_REST_OF_SEATED, _GESTURE_SEATED, _CHANGE, _REST, _GESTURE, _STEP, _WALK = range(len(CONTENTS))
GOING = (_CHANGE, _STEP, _WALK)
PARTS = {"hands": list(HANDS), "head": [INDEX["head"]], "root": [0]}

CHANGE_OF_SEAT = 1.0  # s about the moment of sitting down or standing up
ABOUT_A_STEP = 1.0  # s before and after a foot is in the air, in which a standing body still sways from it
JERK_WINDOW = 7  # frames of the cubic that is fitted before differentiating thrice
ON_STRESS = 0.12  # s between the end of a recorded stroke and a stress that counts as aligned
SLOWEST_STROKE = 0.1  # m/s; a hand below does not swing
LOOKING = np.radians(12.0)  # from the line to the middle of the partner's eyes
EYES = (0.0, -0.088, 0.075)  # m from the head joint of a 1.7 m body
TOP_JOINTS, ENTROPY_BINS = 20, 100
FASTEST = 720.0  # degrees a second, the top of the histogram; faster frames count in the last bin


def bodies_of(scene: Scene) -> tuple[BodyMotion, BodyMotion]:
    """Return the motion of both actors of a scene."""
    one, two = (BodyMotion(scene.root_positions[a], scene.rotations[a], Skeleton(scene.skeletons[a])) for a in (0, 1))
    return one, two


_ALIKE = {"sit", "seated", "sit_down", "stand_up", "idle", "listen", "gesture", "walk", "turn", "step"}
_OTHER = {"left_out", "prop", "run", "jump", "dance", "crouch", "punch", "kick", "reach", "laugh", "cheer"}


# ---------------------------------------------------------------------------------------------------- like with like


def contents_of(body: BodyMotion, gesturing: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return indices (T,) into ``CONTENTS``. ``gesturing`` (T,): the frame is part of a gesture."""
    seated = body.labels == SIT
    contents = np.where(
        seated, np.where(gesturing, _GESTURE_SEATED, _REST_OF_SEATED), np.where(gesturing, _GESTURE, _REST)
    )
    stepping = ~body.contacts.reshape(-1, 2, 2).any(axis=2).all(axis=1)
    contents[_around((stepping | (body.labels == WALK)) & ~seated, ABOUT_A_STEP) & ~seated] = _STEP
    contents[body.labels == WALK] = _WALK
    contents[_around(np.concatenate([[False], np.diff(seated)]), CHANGE_OF_SEAT)] = _CHANGE
    return contents


def gesturing_of(frames: int, gestures: Sequence[Mapping[str, Any]]) -> NDArray[np.bool_]:
    """Return the frames (T,) between ``start`` and ``end`` (s) of one of an actor's ``gestures``."""
    busy = np.zeros(frames, bool)
    for gesture in gestures:
        busy[max(0, round(gesture["start"] * FPS)) : round(gesture["end"] * FPS) + 1] = True
    return busy


def compares(clip: Clip) -> bool:
    """Return whether a captured clip shows motion that also occurs in a talk: no props, runs, jumps, dances …"""
    tags = set(clip.tags)
    return clip.frames > 2 * JERK_WINDOW and not tags & _OTHER and bool(tags & _ALIKE)


def _around(mask: NDArray[np.bool_], seconds: float) -> NDArray[np.bool_]:
    return expanded(mask, round(seconds * FPS))


# ---------------------------------------------------------------------------------------------------- motion


def jerk_sizes(body: BodyMotion, denoised: bool = True) -> dict[str, Array]:
    """Return the size (T,) of the third derivative in m/s^3 for a body of 1.7 m, per part; NaN near the ends.

    ``denoised``: of a cubic through seven frames (Savitzky and Golay 1964), as marker noise and storage in 16 bits make
    up most of the plain third difference of somebody at rest.
    """
    sizes = {}
    half = JERK_WINDOW // 2
    for part, joints in PARTS.items():
        path = body.positions[:, joints].astype(np.float64) / body.size
        out = np.full(body.frames, np.nan)
        if body.frames > JERK_WINDOW:
            if denoised:
                third = savgol_filter(path, JERK_WINDOW, 3, deriv=3, axis=0)[half:-half]
                out[half:-half] = np.linalg.norm(third, axis=-1).mean(axis=-1) * FPS**3
            else:
                out[1:-2] = np.linalg.norm(np.diff(path, 3, axis=0), axis=-1).mean(axis=-1) * FPS**3
        sizes[part] = out
    return sizes


def sliding(body: BodyMotion) -> Array:
    """Return the mean horizontal speed (T,) in m/s of the sole points on the floor; NaN where none is."""
    points = body.soles[:, :, :2, :2].reshape(body.frames, 4, 2)
    step = np.linalg.norm(np.diff(points, axis=0), axis=-1) * FPS
    held = body.contacts[1:] & body.contacts[:-1]
    count = held.sum(axis=1)
    mean = np.where(count > 0, (step * held).sum(axis=1) / np.maximum(count, 1), np.nan)
    return np.concatenate([mean[:1], mean]) if len(mean) else np.full(body.frames, np.nan)


def angular_speeds(body: BodyMotion, apart: int = 1) -> Array:
    """Return the speed (T - apart, 22) of each joint against its parent in degrees a second, from frames ``apart``."""
    turns = body.rotations[:, : len(BODY_JOINTS)]
    cosine = np.abs(np.sum(turns[apart:] * turns[:-apart], axis=-1, dtype=np.float64))
    return np.degrees(2.0 * np.arccos(np.clip(cosine, 0.0, 1.0))) * (FPS / apart)


def speed_histogram(speeds: Array) -> Array:
    """Return counts (22, 100) of ``angular_speeds`` in equal bins from 0 to ``FASTEST``."""
    bins = np.minimum((speeds * (ENTROPY_BINS / FASTEST)).astype(np.int64), ENTROPY_BINS - 1)
    joints = speeds.shape[1]
    flat = np.bincount((bins + np.arange(joints) * ENTROPY_BINS).ravel(), minlength=joints * ENTROPY_BINS)
    return flat.reshape(joints, ENTROPY_BINS).astype(np.float64)


def motion_entropy(histogram: Array) -> float:
    """Return the Shannon entropy in bits of the angular velocity of a joint, mean over the 20 joints that have most.

    InterAct (Ho et al. 2025) compares the variety of recorded motion by it: 20 joints, 100 bins. The paper does not
    print the bins; here they are equal, from 0 to 720 degrees a second.
    """
    share = histogram / np.maximum(histogram.sum(axis=1, keepdims=True), 1e-12)
    entropy = -(share * np.log2(np.where(share > 0, share, 1.0))).sum(axis=1)
    return float(np.sort(entropy)[-TOP_JOINTS:].mean())


# ---------------------------------------------------------------------------------------------------- labels


def label_hits(body: BodyMotion, requested: Array) -> NDArray[np.bool_]:
    """Return whether the motion shows the label of ``requested`` (T,), for frames further than ``SETTLING`` from a
    change.
    """
    changes = np.concatenate([[False], np.diff(np.asarray(requested, np.int64)) != 0])
    return (body.labels == requested)[~_around(changes, SETTLING)]


# ---------------------------------------------------------------------------------------------------- gestures


def stroke_stops(body: BodyMotion, gestures: Sequence[Mapping[str, Any]]) -> Array:
    """Return the seconds at which the stroke of each gesture ends, NaN where no hand swings.

    Inside the stroke phase that the scene records (``stroke_start`` to ``stroke_end``), of the faster of the gesture's
    hands against the chest: the highest peak of speed, then the moment at which the speed has fallen to a third of it,
    or its minimum before the hand moves on. ``beat_alignment.stroke_ends`` needs no record.
    """
    return np.array([_stop(body.hand_speed, gesture) for gesture in gestures])


def _stop(speed: Array, gesture: Mapping[str, Any]) -> float:
    """Return the seconds at which the stroke of ``gesture`` ends, by the speed (T, 2) of both hands."""
    hands = {"left": [0], "right": [1]}.get(str(gesture["hand"]), [0, 1])
    first = max(0, int(gesture["stroke_start"] * FPS))
    last = min(len(speed) - 1, int(np.ceil(gesture["stroke_end"] * FPS)))
    if last - first < 2:
        return float("nan")
    track = speed[:, hands[int(speed[first : last + 1, hands].max(axis=0).argmax())]]
    phase = track[first : last + 1]
    peaks = find_peaks(phase)[0]
    peak = first + int(peaks[phase[peaks].argmax()] if len(peaks) else phase.argmax())
    if track[peak] < SLOWEST_STROKE:
        return float("nan")
    return (peak + _frames_to_stop(track[peak : min(peak + round(0.8 * FPS), len(track))])) / FPS


def _frames_to_stop(after: Array) -> float:
    """Return the frames from a peak of speed, the first of ``after`` (T,), to the stroke's end; NaN without one."""
    below = np.flatnonzero(after <= after[0] / 3)
    stop = int(below[0]) if len(below) else len(after)
    valleys = find_peaks(-after)[0]
    deep = valleys[after[valleys] < 0.6 * after[0]]  # slows and swings on: co-articulated
    if len(deep) and deep[0] < stop:
        return float(deep[0])
    if not len(below):
        return float("nan")
    return stop - 1 + float((after[stop - 1] - after[0] / 3) / max(after[stop - 1] - after[stop], 1e-9))


# ---------------------------------------------------------------------------------------------------- heads and eyes


def listening(scene: Scene, actor: int) -> NDArray[np.bool_]:
    """Return the frames (T,) in which the other actor speaks and this one does not."""
    active = scene.prosody[:, :, VOICE_ACTIVITY] > 0.5
    return active[1 - actor] & ~active[actor]


def eye_line(body: BodyMotion, face: Array) -> Array:
    """Return the unit direction (T, 3) in the world in which head and eyes together point. ``face`` (T, 52)."""
    yaw, pitch = gaze_of(np.asarray(face, np.float32)).T
    ahead = np.stack([np.sin(yaw) * np.cos(pitch), -np.cos(yaw) * np.cos(pitch), np.sin(pitch)], axis=-1)
    return rot.rotate(body.world[:, INDEX["head"]], ahead)


def looks_at_partner(body: BodyMotion, partner: BodyMotion, face: Array) -> NDArray[np.bool_]:
    """Return the frames (T,) in which head and eyes together point within ``LOOKING`` of the middle of the partner's
    eyes. ``face`` (T, 52) belongs to ``body``.
    """
    line = _eyes(partner) - _eyes(body)
    cosine = np.sum(eye_line(body, face) * line, axis=-1) / np.maximum(np.linalg.norm(line, axis=-1), 1e-6)
    return cosine > np.cos(LOOKING)


def _eyes(body: BodyMotion) -> Array:
    head = INDEX["head"]
    return body.positions[:, head] + rot.rotate(body.world[:, head], np.array(EYES, np.float32) * body.size)


def count_nods(body: BodyMotion, where: NDArray[np.bool_]) -> tuple[int, float]:
    """Return how many nods begin in frames of ``where`` (T,), and how many minutes those frames are.

    Frames of walking, in which heads bob, are left out.
    """
    where = where & (body.labels != WALK)
    frames = np.minimum((nod_times(body.world[:, INDEX["head"]]) * FPS).astype(int), body.frames - 1)
    return int(where[frames].sum()), float(where.sum()) / FPS / 60.0


# ---------------------------------------------------------------------------------------------------- lips


def closures(face: Array, spoken: Sequence[SpokenUtterance], utterances: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Return for each p, b and m whether the lips meet within it, a frame more or less. ``face`` (T, 52)."""
    gap = lip_gap(np.asarray(face, np.float32))
    met = []
    for placed in spoken:
        for name, start, end in utterances[placed.id].phones:
            first, last = int((placed.start + start) * FPS) - 1, int(np.ceil((placed.start + end) * FPS)) + 1
            # An excerpt may begin in the midst of an utterance.
            if name in BILABIAL and first >= -1 and last < len(gap):
                met.append(bool((gap[max(first, 0) : last + 1] <= 0.0).any()))
    return np.array(met, bool)
