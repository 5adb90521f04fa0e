"""The base of a performance: real clips on one actor's bones, joined end to end without a pop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from .. import rotations as rot
from ..contract import ACTION_LABELS, FPS, FloatArray
from ..skeleton import BODY_JOINTS, INDEX, PARENTS, Skeleton, heading_of
from .clip import Clip
from .legs import retarget

# The hip joints of somebody seated lie about 9 cm above the seat at a pelvis height of 1 m.
HIPS_ABOVE_SEAT = 0.09
_HALF_LIFE = 0.11  # s; how fast the difference at a join fades
_MATCHED = tuple(INDEX[n] for n in ("left_ankle", "right_ankle", "left_wrist", "right_wrist", "head", "spine2", "left_elbow", "right_elbow"))


@dataclass
class Motion:
    """T frames on one actor's bones: ``root`` (T, 3), ``rotations`` (T, 52, 4), ``contacts`` (T, 4) bool."""

    root: FloatArray
    rotations: FloatArray
    contacts: NDArray[np.bool_]
    _features: FloatArray | None = field(default=None, repr=False)

    @property
    def frames(self) -> int:
        return len(self.root)

    @property
    def heading(self) -> FloatArray:
        return np.unwrap(heading_of(self.rotations[:, 0])).astype(np.float32)

    def slice(self, start: int, stop: int | None = None) -> Motion:
        part = Motion(self.root[start:stop], self.rotations[start:stop], self.contacts[start:stop])
        part._features = None if self._features is None else self._features[start:stop]
        return part

    def placed(self, position: FloatArray, yaw: float) -> Motion:
        """Turned by ``yaw`` about the vertical through the origin, then moved by ``position`` (2,)."""
        turn = rot.about_z(np.array(yaw, np.float32))
        root = rot.rotate(turn, self.root).astype(np.float32)
        root[:, :2] += position
        rotations = self.rotations.copy()
        rotations[:, 0] = rot.multiply(turn, rotations[:, 0])
        part = Motion(root, rotations, self.contacts)
        part._features = self._features  # they do not depend on the place
        return part

    def warped(self, extra_yaw: FloatArray) -> Motion:
        """The path bent: every step is turned by ``extra_yaw`` (T,) radians, the body with it; the first frame stays."""
        step = np.diff(self.root, axis=0)
        turned = rot.rotate(rot.about_z(extra_yaw[:-1]), step)
        root = self.root.copy()
        root[1:, :2] = self.root[0, :2] + np.cumsum(turned[:, :2], 0)
        rotations = self.rotations.copy()
        rotations[:, 0] = rot.multiply(rot.about_z(extra_yaw), rotations[:, 0])
        return Motion(root, rotations.astype(np.float32), self.contacts)

    def resampled(self, speed: float) -> Motion:
        """Played ``speed`` times as fast."""
        count = max(2, round((self.frames - 1) / speed) + 1)
        at = np.linspace(0.0, self.frames - 1.0, count)
        low = np.minimum(at.astype(int), self.frames - 2)
        part = (at - low).astype(np.float32)
        a, b = self.rotations[low], self.rotations[low + 1]
        b = np.where(np.sum(a * b, -1, keepdims=True) < 0, -b, b)
        rotations = rot.normalize(a + (b - a) * part[:, None, None]).astype(np.float32)
        root = self.root[low] + (self.root[low + 1] - self.root[low]) * part[:, None]
        return Motion(root.astype(np.float32), rotations, self.contacts[np.round(at).astype(int)])


class ClipSet:
    """The library on one actor's bones: ``motion(clip, mirrored)`` retargets once and keeps the result.

    Every motion starts at the origin with heading 0. ``seat_height`` in metres; ``speed`` about 1.
    """

    def __init__(
        self, clips: Sequence[Clip], skeleton: Skeleton, seat_height: float, speed: float, contacts: Callable[[Clip], NDArray[np.bool_]]
    ) -> None:
        self.skeleton, self.speed = skeleton, speed
        self.seated_pelvis = seat_height + HIPS_ABOVE_SEAT * skeleton.pelvis_height - float(skeleton.offsets[INDEX["left_hip"], 2])
        self._contacts = contacts
        self._clips = {short_name(clip.name): clip for clip in clips}
        self._motions: dict[tuple[str, bool], Motion] = {}
        self._hand_speeds: dict[str, float] = {}

    def names(self, *starts: str) -> list[str]:
        """Names of the clips that begin with one of ``starts``, sorted."""
        return sorted(name for name in self._clips if name.startswith(starts))

    def clip(self, name: str) -> Clip:
        return self._clips[name]

    def hand_speed(self, name: str) -> float:
        """Mean speed of the wrists in m/s."""
        if name not in self._hand_speeds:
            clip = self._clips[name]
            positions = body_positions(clip.root_positions, clip.rotations, clip.skeleton)
            wrists = positions[:, [INDEX["left_wrist"], INDEX["right_wrist"]]]
            self._hand_speeds[name] = float(np.linalg.norm(np.diff(wrists, axis=0), axis=-1).mean() * FPS)
        return self._hand_speeds[name]

    def motion(self, name: str, mirrored: bool = False) -> Motion:
        key = (name, mirrored)
        if key not in self._motions:
            clip = self._clips[name]
            contacts = self._contacts(clip)
            if mirrored:
                clip, contacts = clip.mirrored(), contacts[:, [2, 3, 0, 1]]
            seat = (_seated_height(clip), self.seated_pelvis) if "sit" in name else None
            root, rotations = retarget(clip.root_positions, clip.rotations, clip.skeleton, self.skeleton, seat)
            if self.hand_speed(name) < 0.03:  # some captured breathing trembles with the noise of its capture
                root = gaussian_filter1d(root, 2.0, axis=0, mode="nearest")
                rotations = rot.normalize(gaussian_filter1d(rotations, 2.0, axis=0, mode="nearest")).astype(np.float32)
            motion = Motion(root, rotations, contacts).resampled(self.speed)
            motion._features = pose_features(motion, self.skeleton)
            self._motions[key] = motion
        return self._motions[key]


def short_name(name: str) -> str:
    """'static__f_idle_neutral_01' or 'rocketbox/f_idle_neutral_01' -> 'f_idle_neutral_01'."""
    return name.rsplit("/", 1)[-1].rsplit("__", 1)[-1]


def _seated_height(clip: Clip) -> float:
    """Height of the pelvis while seated: the lower end of the clip, metres."""
    return float(min(clip.root_positions[0, 2], clip.root_positions[-1, 2]))


def body_positions(root: FloatArray, rotations: FloatArray, skeleton: Skeleton) -> FloatArray:
    """(T, 22, 3) world positions of the joints without the fingers: half the work of ``forward_kinematics``."""
    positions = np.empty((len(root), len(BODY_JOINTS), 3), np.float32)
    world: list[FloatArray] = []
    for joint, parent in enumerate(PARENTS[: len(BODY_JOINTS)]):
        if parent < 0:
            positions[:, joint] = root
            world.append(rotations[:, joint])
        else:
            positions[:, joint] = positions[:, parent] + rot.rotate(world[parent], skeleton.offsets[joint])
            world.append(rot.multiply(world[parent], rotations[:, joint]))
    return positions


def pose_features(motion: Motion, skeleton: Skeleton) -> FloatArray:
    """(T, 51) joint places and velocities in the heading frame, to compare two poses in metres (motion matching, Clavet 2016)."""
    positions = body_positions(motion.root, motion.rotations, skeleton)
    origin = motion.root * np.array([1, 1, 0], np.float32)
    turn = rot.about_z(-motion.heading)[:, None]
    local = rot.rotate(turn, positions[:, _MATCHED] - origin[:, None])
    velocity = rot.rotate(turn, np.gradient(positions[:, _MATCHED], axis=0)) * FPS if len(local) > 1 else np.zeros_like(local)
    flat = np.concatenate([local, 0.12 * velocity], -1).reshape(len(local), -1)
    return np.concatenate([flat, 2.0 * motion.root[:, 2:]], -1).astype(np.float32)


def features_at_start(motion: Motion) -> FloatArray:
    assert motion._features is not None
    return motion._features[0]


def best_frame(motion: Motion, wanted: FloatArray, start: int, stop: int) -> int:
    """The frame in [start, stop) whose pose and velocity are nearest to the features ``wanted``."""
    assert motion._features is not None
    start = max(0, min(start, motion.frames - 1))
    part = motion._features[start : max(start + 1, min(stop, motion.frames))]
    return start + int(np.argmin(np.sum((part - wanted) ** 2, -1)))


class BodyTrack:
    """One actor's motion as it grows, frame by frame, with its labels."""

    def __init__(self, skeleton: Skeleton, first: Motion, position: FloatArray, heading: float, label: str) -> None:
        self.skeleton = skeleton
        start = first.slice(0, 1)
        start = start.placed(position - _planar(rot.rotate(rot.about_z(np.array(heading, np.float32)), start.root[0])), heading)
        self._parts, self._labels = [start], [np.array([ACTION_LABELS.index(label)], np.uint8)]
        self._before: Motion | None = None

    @property
    def frames(self) -> int:
        return sum(part.frames for part in self._parts)

    @property
    def position(self) -> FloatArray:
        return self._parts[-1].root[-1, :2]

    @property
    def heading(self) -> float:
        return float(heading_of(self._parts[-1].rotations[-1, 0]))

    @property
    def features(self) -> FloatArray:
        """Pose features (51,) of the last frame."""
        return pose_features(self._tail(2), self.skeleton)[-1]

    def path(self) -> FloatArray:
        """(T, 2) places of the root so far."""
        return np.concatenate([part.root[:, :2] for part in self._parts])

    def aligned(self, motion: Motion, by_feet: bool) -> Motion:
        """``motion`` moved so that its first frame lies on the last frame here: by both feet while standing, else by the root."""
        last = self._parts[-1]
        if by_feet:
            here, yaw_here = _stance(last.slice(last.frames - 1), self.skeleton)
            there, yaw_there = _stance(motion.slice(0, 1), self.skeleton)
        else:
            here, yaw_here = last.root[-1, :2], self.heading
            there, yaw_there = motion.root[0, :2], float(heading_of(motion.rotations[0, 0]))
        yaw = yaw_here - yaw_there
        return motion.placed(here - _planar(rot.rotate(rot.about_z(np.array(yaw, np.float32)), np.array([*there, 0.0]))), yaw)

    def append(self, motion: Motion, label: str | NDArray[np.uint8]) -> None:
        """Add the frames of an aligned ``motion`` after its first, which stands for the last frame here.

        The difference in pose and speed at the join fades out (inertialization: Bollo 2016; the decaying spring of Holden).
        """
        if motion.frames < 2:
            return
        joined = _inertialized(self._tail(2), motion)
        labels = np.full(joined.frames, ACTION_LABELS.index(label), np.uint8) if isinstance(label, str) else label[1:]
        self._parts.append(joined)
        self._labels.append(labels)

    def relabel(self, start: int, stop: int, label: str) -> None:
        merged = np.concatenate(self._labels)
        merged[max(start, 0) : stop] = ACTION_LABELS.index(label)
        self._labels = [merged]

    def result(self) -> tuple[Motion, NDArray[np.uint8]]:
        return (
            Motion(*(np.concatenate([getattr(p, name) for p in self._parts]) for name in ("root", "rotations", "contacts"))),
            np.concatenate(self._labels),
        )

    def _tail(self, count: int) -> Motion:
        """The last ``count`` frames, the first repeated where there are fewer."""
        parts = self._parts[-count:]
        root, rotations, contacts = (np.concatenate([getattr(p, n) for p in parts]) for n in ("root", "rotations", "contacts"))
        if len(root) < count:
            root, rotations, contacts = (np.concatenate([a[:1], a]) for a in (root, rotations, contacts))
        return Motion(root[-count:], rotations[-count:], contacts[-count:])


def _inertialized(tail: Motion, motion: Motion) -> Motion:
    """``motion`` without its first frame, led in from ``tail`` (two frames)."""
    decay = 2.0 * np.log(2.0) / _HALF_LIFE
    t = (np.arange(1, motion.frames, dtype=np.float32) / FPS)[:, None]
    fade = np.exp(-decay * t)

    def spring(offset: FloatArray, speed: FloatArray) -> FloatArray:
        return (offset + (speed + offset * decay) * t[..., None] if offset.ndim > 1 else offset + (speed + offset * decay) * t)

    place = tail.root[-1] - motion.root[0]
    place_speed = ((tail.root[-1] - tail.root[-2]) - (motion.root[1] - motion.root[0])) * FPS
    place_speed = np.clip(place_speed, -1.0, 1.0)
    root = motion.root[1:] + spring(place, place_speed) * fade
    turn = rot.to_axis_angle(rot.multiply(tail.rotations[-1], rot.conjugate(motion.rotations[0])))
    tail_speed = rot.to_axis_angle(rot.multiply(tail.rotations[-1], rot.conjugate(tail.rotations[-2])))
    new_speed = rot.to_axis_angle(rot.multiply(motion.rotations[1], rot.conjugate(motion.rotations[0])))
    turn_speed = np.clip((tail_speed - new_speed) * FPS, -6.0, 6.0)
    offset = spring(turn, turn_speed) * fade[..., None]
    rotations = rot.multiply(rot.from_axis_angle(offset), motion.rotations[1:])
    return Motion(root.astype(np.float32), rot.normalize(rotations).astype(np.float32), motion.contacts[1:])


def _stance(frame: Motion, skeleton: Skeleton) -> tuple[FloatArray, float]:
    """Middle of both ankles (2,) and the mean direction both feet point in (radians) of a single frame."""
    positions = body_positions(frame.root[:1], frame.rotations[:1], skeleton)[0]
    ankles = positions[[INDEX["left_ankle"], INDEX["right_ankle"]]]
    toes = positions[[INDEX["left_foot"], INDEX["right_foot"]]]
    forward = np.sum((toes - ankles)[:, :2] / np.linalg.norm((toes - ankles)[:, :2], axis=-1, keepdims=True), 0)
    return ankles.mean(0)[:2], float(np.arctan2(forward[0], -forward[1]))


def _planar(vector: FloatArray) -> FloatArray:
    return np.asarray(vector, np.float32)[:2]
