"""What a composed scene must show, measured in its final motion, and the same on raw clips where that has a meaning.

Scenes and clips are compared like with like: every frame belongs to one of ``CONTENTS``, and figures of clips are
weighted by the minutes that the scenes have of each. Sitting, walking, stepping are recognised in the motion, the same
way in both; that a frame is part of a gesture is what the scene records, and for a clip what the library says was
performed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation
from scipy.signal import find_peaks, savgol_filter

from ..body_model import rotations as rot
from ..body_model.skeleton import BODY_JOINTS, INDEX, Skeleton
from ..common.arrays import Array
from ..contract import ARKIT_NAMES, FPS
from ..datasets.clip import Clip
from ..datasets.scene import Scene, SpokenUtterance
from ..face.gaze import LOOK_DOWN, LOOK_SIDE, LOOK_UP
from ..face.mouth_shapes import BILABIAL, lip_gap
from ..speech.prosody import VOICE_ACTIVITY
from .labels import SIT, WALK
from .nods import nod_times
from .posed import HANDS, Posed

CONTENTS = ("sit", "sit and gesture", "sit down or stand up", "stand", "stand and gesture", "step or turn", "walk")
_REST_OF_SEATED, _GESTURE_SEATED, _CHANGE, _REST, _GESTURE, _STEP, _WALK = range(len(CONTENTS))
GOING = (_CHANGE, _STEP, _WALK)
PARTS = {"hands": list(HANDS), "head": [INDEX["head"]], "root": [0]}

SETTLING = 0.5  # s before and after a change of label that are not judged
CHANGE_OF_SEAT = 1.0  # s about the moment of sitting down or standing up
ABOUT_A_STEP = 1.0  # s before and after a foot is in the air, in which a standing body still sways from it
JERK_WINDOW = 7  # frames of the cubic that is fitted before differentiating thrice
ON_STRESS = 0.12  # s
SLOWEST_STROKE = 0.1  # m/s; a hand below does not swing
LOOKING = np.radians(12.0)  # from the line to the middle of the partner's eyes
EYES = (0.0, -0.088, 0.075)  # m from the head joint of a 1.7 m body
TOP_JOINTS, ENTROPY_BINS = 20, 100
FASTEST = 720.0  # degrees a second, the top of the histogram; what is faster counts in the last bin
_LOOKS = [ARKIT_NAMES.index(f"eyeLook{way}{side}") for side in ("Left", "Right") for way in ("Out", "In", "Up", "Down")]


def bodies_of(scene: Scene) -> tuple[Posed, Posed]:
    one, two = (Posed(scene.root_positions[a], scene.rotations[a], Skeleton(scene.skeletons[a])) for a in (0, 1))
    return one, two


_ALIKE = {"sit", "seated", "sit_down", "stand_up", "idle", "listen", "gesture", "walk", "turn", "step"}
_OTHER = {"left_out", "prop", "run", "jump", "dance", "crouch", "punch", "kick", "reach", "laugh", "cheer"}


# ---------------------------------------------------------------------------------------------------- like with like


def contents_of(body: Posed, gesturing: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(T,) index into ``CONTENTS``. ``gesturing`` (T,): the frame is part of a gesture."""
    seated = body.labels == SIT
    contents = np.where(
        seated, np.where(gesturing, _GESTURE_SEATED, _REST_OF_SEATED), np.where(gesturing, _GESTURE, _REST)
    )
    stepping = ~body.contacts.reshape(-1, 2, 2).any(axis=2).all(axis=1)
    contents[_widened((stepping | (body.labels == WALK)) & ~seated, ABOUT_A_STEP) & ~seated] = _STEP
    contents[body.labels == WALK] = _WALK
    contents[_widened(np.concatenate([[False], np.diff(seated)]), CHANGE_OF_SEAT)] = _CHANGE
    return contents


def gesturing_of(frames: int, gestures: Sequence[Mapping[str, Any]]) -> NDArray[np.bool_]:
    """(T,) frames between ``start`` and ``end`` (s) of one of an actor's ``gestures``."""
    busy = np.zeros(frames, bool)
    for gesture in gestures:
        busy[max(0, round(gesture["start"] * FPS)) : round(gesture["end"] * FPS) + 1] = True
    return busy


def compares(clip: Clip) -> bool:
    """Whether a raw clip shows what people in a talk do too: no props, runs, jumps, dances …"""
    tags = set(clip.tags)
    return clip.frames > 2 * JERK_WINDOW and not tags & _OTHER and bool(tags & _ALIKE)


def _widened(mask: NDArray[np.bool_], seconds: float) -> NDArray[np.bool_]:
    return binary_dilation(mask, iterations=round(seconds * FPS)) if mask.any() else mask


# ---------------------------------------------------------------------------------------------------- motion


def jerk_sizes(body: Posed, denoised: bool = True) -> dict[str, Array]:
    """(T,) size of the third derivative in m/s^3 for a body of 1.7 m, per part; NaN where the ends do not allow it.

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


def sliding(body: Posed) -> Array:
    """(T,) horizontal speed in m/s of the sole points on the floor, their mean; NaN where none is."""
    points = body.soles[:, :, :2, :2].reshape(body.frames, 4, 2)
    step = np.linalg.norm(np.diff(points, axis=0), axis=-1) * FPS
    held = body.contacts[1:] & body.contacts[:-1]
    count = held.sum(axis=1)
    mean = np.where(count > 0, (step * held).sum(axis=1) / np.maximum(count, 1), np.nan)
    return np.concatenate([mean[:1], mean]) if len(mean) else np.full(body.frames, np.nan)


def angular_speeds(body: Posed, apart: int = 1) -> Array:
    """(T - apart, 22) degrees a second at which each joint of the body turns against its parent, from frames ``apart``."""
    turns = body.rotations[:, : len(BODY_JOINTS)]
    cosine = np.abs(np.sum(turns[apart:] * turns[:-apart], axis=-1, dtype=np.float64))
    return np.degrees(2.0 * np.arccos(np.clip(cosine, 0.0, 1.0))) * (FPS / apart)


def speed_histogram(speeds: Array) -> Array:
    """(22, 100) counts of ``angular_speeds`` in equal bins from 0 to ``FASTEST``."""
    bins = np.minimum((speeds * (ENTROPY_BINS / FASTEST)).astype(np.int64), ENTROPY_BINS - 1)
    joints = speeds.shape[1]
    flat = np.bincount((bins + np.arange(joints) * ENTROPY_BINS).ravel(), minlength=joints * ENTROPY_BINS)
    return flat.reshape(joints, ENTROPY_BINS).astype(np.float64)


def motion_entropy(histogram: Array) -> float:
    """Shannon entropy in bits of the angular velocity of a joint, mean over the 20 joints that have most.

    The measure by which InterAct (Ho et al. 2025) compares how varied recorded motion is: 20 joints, 100 bins. The
    paper does not print the bins; here they are equal, from 0 to 720 degrees a second, and the same for all that is
    compared.
    """
    share = histogram / np.maximum(histogram.sum(axis=1, keepdims=True), 1e-12)
    entropy = -(share * np.log2(np.where(share > 0, share, 1.0))).sum(axis=1)
    return float(np.sort(entropy)[-TOP_JOINTS:].mean())


# ---------------------------------------------------------------------------------------------------- labels


def label_hits(body: Posed, wanted: Array) -> NDArray[np.bool_]:
    """For the frames further than ``SETTLING`` from a change of ``wanted`` (T,): does the motion show the label?"""
    changes = np.concatenate([[False], np.diff(np.asarray(wanted, np.int64)) != 0])
    return (body.labels == wanted)[~_widened(changes, SETTLING)]


# ---------------------------------------------------------------------------------------------------- gestures


def stroke_stops(body: Posed, gestures: Sequence[Mapping[str, Any]]) -> Array:
    """Seconds at which the hand of each gesture has swung and stops, NaN where no hand swings.

    Inside the stroke phase that the scene records (``stroke_start`` to ``stroke_end``) the faster of the gesture's
    hands against the chest: its highest peak of speed, then the moment at which the speed has fallen to a third of it,
    or its least before the hand moves on. As ``beats.stroke_ends``, which looks anywhere.
    """
    return np.array([_stop(body.hand_speed, gesture) for gesture in gestures])


def _stop(speed: Array, gesture: Mapping[str, Any]) -> float:
    hands = {"left": [0], "right": [1]}.get(str(gesture["hand"]), [0, 1])
    first, last = (
        max(0, int(gesture["stroke_start"] * FPS)),
        min(len(speed) - 1, int(np.ceil(gesture["stroke_end"] * FPS))),
    )
    if last - first < 2:
        return float("nan")
    track = speed[:, hands[int(speed[first : last + 1, hands].max(axis=0).argmax())]]
    peaks = find_peaks(track[first : last + 1])[0]
    peak = first + int(peaks[track[first + peaks].argmax()] if len(peaks) else track[first : last + 1].argmax())
    if track[peak] < SLOWEST_STROKE:
        return float("nan")
    after = track[peak : min(peak + round(0.8 * FPS), len(track))]
    below = np.flatnonzero(after <= after[0] / 3)
    valleys = find_peaks(-after)[0]
    deep = valleys[after[valleys] < 0.6 * after[0]]  # slows and swings on: co-articulated
    stop = int(below[0]) if len(below) else len(after)
    if len(deep) and deep[0] < stop:
        return (peak + float(deep[0])) / FPS
    if not len(below):
        return float("nan")
    between = (after[stop - 1] - after[0] / 3) / max(after[stop - 1] - after[stop], 1e-9)
    return (peak + stop - 1 + float(between)) / FPS


def on_stress(stops: Array, stresses: Array, end: float) -> tuple[float, float]:
    """Share of ``stops`` (s) within ``ON_STRESS`` of one of ``stresses`` (s), and the mean of that for stresses moved
    in time.
    """
    stops, stresses = np.asarray(stops, float), np.asarray(stresses, float)
    if not len(stops) or not len(stresses):
        return 0.0, 0.0

    def share(times: Array) -> float:
        return float((np.abs(stops[:, None] - times).min(axis=1) <= ON_STRESS).mean())

    shifts = np.arange(0.4, 3.0, 0.2)
    return share(stresses), float(np.mean([share((stresses + s) % end) for s in np.concatenate([shifts, -shifts])]))


# ---------------------------------------------------------------------------------------------------- heads and eyes


def listening(scene: Scene, actor: int) -> NDArray[np.bool_]:
    """(T,) the other speaks and I do not."""
    active = scene.prosody[:, :, VOICE_ACTIVITY] > 0.5
    return active[1 - actor] & ~active[actor]


def eye_line(body: Posed, face: Array) -> Array:
    """(T, 3) unit direction in the world in which head and eyes together point. ``face`` (T, 52)."""
    looks = np.asarray(face, np.float32)[:, _LOOKS]
    out_left, in_left, up_left, down_left, out_right, in_right, up_right, down_right = looks.T
    yaw = 0.5 * LOOK_SIDE * (out_left - in_left + in_right - out_right)
    pitch = 0.5 * (LOOK_UP * (up_left + up_right) - LOOK_DOWN * (down_left + down_right))
    ahead = np.stack([np.sin(yaw) * np.cos(pitch), -np.cos(yaw) * np.cos(pitch), np.sin(pitch)], axis=-1)
    return rot.rotate(body.world[:, INDEX["head"]], ahead)


def looks_at_partner(me: Posed, partner: Posed, face: Array) -> NDArray[np.bool_]:
    """(T,) my head and eyes together point within ``LOOKING`` of the middle of the partner's eyes. ``face`` (T, 52) is
    mine.
    """
    way = _eyes(partner) - _eyes(me)
    cosine = np.sum(eye_line(me, face) * way, axis=-1) / np.maximum(np.linalg.norm(way, axis=-1), 1e-6)
    return cosine > np.cos(LOOKING)


def _eyes(body: Posed) -> Array:
    head = INDEX["head"]
    return body.positions[:, head] + rot.rotate(body.world[:, head], np.array(EYES, np.float32) * body.size)


def nods(body: Posed, where: NDArray[np.bool_]) -> tuple[int, float]:
    """How many nods begin in frames of ``where`` (T,), and how many minutes those frames are. Walking heads bob: no
    count there.
    """
    where = where & (body.labels != WALK)
    frames = np.minimum((nod_times(body.world[:, INDEX["head"]]) * FPS).astype(int), body.frames - 1)
    return int(where[frames].sum()), float(where.sum()) / FPS / 60.0


# ---------------------------------------------------------------------------------------------------- lips


def closures(face: Array, said: Sequence[SpokenUtterance], utterances: Mapping[str, Any]) -> NDArray[np.bool_]:
    """For each p, b and m that is heard: do the lips meet within it, a frame more or less? ``face`` (T, 52)."""
    gap = lip_gap(np.asarray(face, np.float32))
    met = []
    for spoken in said:
        for name, start, end in utterances[spoken.id].phones:
            first, last = int((spoken.start + start) * FPS) - 1, int(np.ceil((spoken.start + end) * FPS)) + 1
            if (
                name in BILABIAL and first >= -1 and last < len(gap)
            ):  # an excerpt may begin in the midst of an utterance
                met.append(bool((gap[max(first, 0) : last + 1] <= 0.0).any()))
    return np.array(met, bool)
