"""Base motion of a performance: pieces on one actor's bones, joined end to end without a jump."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...body_model import rotations as rot
from ...body_model.skeleton import BODY_JOINTS, INDEX, JOINTS, PARENTS, Skeleton, heading_of
from ...common.headings import heading_towards
from ...contract import ACTION_LABELS, FPS, FloatArray

HALF_LIFE = 0.11  # s in which half of the difference at a join fades where the legs move
_SLOWEST_HALF_LIFE = 0.34  # s; for hands that have far to go, while the feet stand
_MATCHED = tuple(
    INDEX[n]
    for n in ("left_ankle", "right_ankle", "left_wrist", "right_wrist", "head", "spine2", "left_elbow", "right_elbow")
)


@dataclass
class Motion:
    """T frames on one actor's bones: ``root`` (T, 3), ``rotations`` (T, 52, 4), ``contacts`` (T, 4) bool.

    ``features`` (T, 49) are those of ``pose_features``, which do not depend on place and size, or None.
    """

    root: FloatArray
    rotations: FloatArray
    contacts: NDArray[np.bool_]
    features: FloatArray | None = None

    @property
    def frames(self) -> int:
        return len(self.root)

    @property
    def heading(self) -> FloatArray:
        return np.unwrap(heading_of(self.rotations[:, 0])).astype(np.float32)

    def slice(self, start: int, stop: int | None = None) -> Motion:
        features = None if self.features is None else self.features[start:stop]
        return Motion(self.root[start:stop], self.rotations[start:stop], self.contacts[start:stop], features)

    def placed(self, position: FloatArray, yaw: float) -> Motion:
        """Turn by ``yaw`` (rad) about the vertical through the origin, then move by ``position`` (2,)."""
        turn = rot.about_z(np.array(yaw, np.float32))
        root = rot.rotate(turn, self.root).astype(np.float32)
        root[:, :2] += position
        rotations = self.rotations.copy()
        rotations[:, 0] = rot.multiply(turn, rotations[:, 0])
        return Motion(root, rotations, self.contacts, self.features)

    def warped(self, extra_yaw: FloatArray) -> Motion:
        """Turn every step, and the body with it, by ``extra_yaw`` (T,) radians; the first frame stays."""
        step = np.diff(self.root, axis=0)
        turned = rot.rotate(rot.about_z(extra_yaw[:-1]), step)
        root = self.root.copy()
        root[1:, :2] = self.root[0, :2] + np.cumsum(turned[:, :2], 0)
        rotations = self.rotations.copy()
        rotations[:, 0] = rot.multiply(rot.about_z(extra_yaw), rotations[:, 0])
        return Motion(root, rotations.astype(np.float32), self.contacts, self.features)

    def resampled(self, speed: float) -> Motion:
        """Play ``speed`` times as fast."""
        if abs(speed - 1.0) < 1e-3:
            return self
        return self.at(np.linspace(0.0, self.frames - 1.0, max(2, round((self.frames - 1) / speed) + 1)))

    def at(self, times: NDArray[Any]) -> Motion:
        """Return the motion at ``times`` (S,), in frames and within the motion; poses between frames are blended."""
        low = np.minimum(np.asarray(times).astype(int), self.frames - 2)
        part = (times - low).astype(np.float32)
        a, b = self.rotations[low], self.rotations[low + 1]
        b = np.where(np.sum(a * b, -1, keepdims=True) < 0, -b, b)
        rotations = rot.normalize(a + (b - a) * part[:, None, None]).astype(np.float32)
        root = self.root[low] + (self.root[low + 1] - self.root[low]) * part[:, None]
        nearest = np.round(times).astype(int)
        features = None if self.features is None else self.features[nearest]
        return Motion(root.astype(np.float32), rotations, self.contacts[nearest], features)


def body_positions(root: FloatArray, rotations: FloatArray, skeleton: Skeleton) -> FloatArray:
    """Return world positions (T, 22, 3) of the joints without the fingers, at half the cost of all joints."""
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
    """Return (T, 49) joint positions and velocities in the heading frame for a pelvis height of 1 m, by which two poses
    are compared in metres (motion matching, Clavet 2016).
    """
    positions = body_positions(motion.root, motion.rotations, skeleton)
    origin = motion.root * np.array([1, 1, 0], np.float32)
    turn = rot.about_z(-motion.heading)[:, None]
    local = rot.rotate(turn, positions[:, _MATCHED] - origin[:, None])
    velocity = (
        rot.rotate(turn, np.gradient(positions[:, _MATCHED], axis=0)) * FPS if len(local) > 1 else np.zeros_like(local)
    )
    flat = np.concatenate([local, 0.12 * velocity], -1).reshape(len(local), -1)
    return (np.concatenate([flat, 2.0 * motion.root[:, 2:]], -1) / skeleton.pelvis_height).astype(np.float32)


def features_at_start(motion: Motion) -> FloatArray:
    """Return the pose features (49,) of the first frame."""
    assert motion.features is not None
    return motion.features[0]


def best_frame(motion: Motion, wanted: FloatArray, start: int, stop: int) -> int:
    """Return the frame in [start, stop) whose pose and velocity are nearest to the features ``wanted`` (49,)."""
    assert motion.features is not None
    start = max(0, min(start, motion.frames - 1))
    part = motion.features[start : max(start + 1, min(stop, motion.frames))]
    return start + int(np.argmin(np.sum((part - wanted) ** 2, -1)))


class BodyTrack:
    """One actor's motion and labels, which grow by pieces. The cost of appending depends on the piece alone."""

    def __init__(self, skeleton: Skeleton, first: Motion, position: FloatArray, heading: float, label: str) -> None:
        self.skeleton = skeleton
        self.frames = 0
        self._root = np.empty((2048, 3), np.float32)
        self._rotations = np.empty((2048, len(JOINTS), 4), np.float32)
        self._contacts = np.empty((2048, 4), bool)
        self._labels = np.empty(2048, np.uint8)
        self.joins: list[int] = []
        start = first.slice(0, 1)
        start = start.placed(
            position - _planar(rot.rotate(rot.about_z(np.array(heading, np.float32)), start.root[0])), heading
        )
        self._push(start, np.array([ACTION_LABELS.index(label)], np.uint8))

    @property
    def position(self) -> FloatArray:
        return self._root[self.frames - 1, :2].copy()

    @property
    def heading(self) -> float:
        return float(heading_of(self._rotations[self.frames - 1, 0]))

    @property
    def features(self) -> FloatArray:
        """Pose features (49,) of the last frame."""
        return pose_features(self.tail(2), self.skeleton)[-1]

    def path(self, start: int = 0) -> FloatArray:
        """Return positions (T - start, 2) of the root from a frame on."""
        return self._root[start : self.frames, :2]

    def stance(self) -> tuple[FloatArray, float]:
        """Return the middle of both ankles (2,) and the mean heading (rad) of the feet in the last frame."""
        return stance(self.tail(1), self.skeleton)

    def aligned(self, motion: Motion, by_feet: bool) -> Motion:
        """Move ``motion`` so that its first frame lies on the last frame here: by both feet, or else by the root."""
        if by_feet:
            here, yaw_here = self.stance()
            there, yaw_there = stance(motion.slice(0, 1), self.skeleton)
        else:
            here, yaw_here = self.position, self.heading
            there, yaw_there = motion.root[0, :2], float(heading_of(motion.rotations[0, 0]))
        yaw = yaw_here - yaw_there
        return motion.placed(
            here - _planar(rot.rotate(rot.about_z(np.array(yaw, np.float32)), np.array([*there, 0.0]))), yaw
        )

    def append(self, motion: Motion, label: str | NDArray[np.uint8]) -> None:
        """Append the frames of an aligned ``motion`` after its first, which coincides with the last frame here.

        The difference in pose and velocity at the join fades out (inertialization, Bollo 2016; with the decaying spring
        of Holden).
        """
        if motion.frames < 2:
            return
        self.joins.append(self.frames)
        joined = inertialized(self.tail(2), motion)
        self._push(
            joined,
            np.full(joined.frames, ACTION_LABELS.index(label), np.uint8) if isinstance(label, str) else label[1:],
        )

    def extend(self, motion: Motion, label: str | NDArray[np.uint8]) -> None:
        """Append frames as they are."""
        self.joins.append(self.frames)
        self._push(
            motion, np.full(motion.frames, ACTION_LABELS.index(label), np.uint8) if isinstance(label, str) else label
        )

    def relabel(self, start: int, stop: int, label: str) -> None:
        self._labels[max(start, 0) : min(stop, self.frames)] = ACTION_LABELS.index(label)

    def result(self) -> tuple[Motion, NDArray[np.uint8]]:
        n = self.frames
        return Motion(self._root[:n].copy(), self._rotations[:n].copy(), self._contacts[:n].copy()), self._labels[
            :n
        ].copy()

    def tail(self, count: int) -> Motion:
        """Return the last ``count`` frames; where there are fewer, the first is repeated."""
        index = np.maximum(np.arange(self.frames - count, self.frames), 0)
        return Motion(self._root[index], self._rotations[index], self._contacts[index])

    def _push(self, motion: Motion, labels: NDArray[np.uint8]) -> None:
        start, self.frames = self.frames, self.frames + motion.frames
        if self.frames > len(self._root):
            grown = max(2 * len(self._root), self.frames)
            for name in ("_root", "_rotations", "_contacts", "_labels"):
                old = getattr(self, name)
                new = np.empty((grown, *old.shape[1:]), old.dtype)
                new[:start] = old[:start]
                setattr(self, name, new)
        span = slice(start, self.frames)
        self._root[span], self._rotations[span], self._contacts[span] = motion.root, motion.rotations, motion.contacts
        self._labels[span] = labels


def standing_half_life(tail: Motion, motion: Motion, skeleton: Skeleton) -> float:
    """Return the half-life (s) of a join while the feet stand: longer the further a joint has to go."""
    here = body_positions(tail.root[-1:], tail.rotations[-1:], skeleton)
    there = body_positions(motion.root[:1], motion.rotations[:1], skeleton)
    farthest = float(np.linalg.norm(here - there, axis=-1).max())
    return min(_SLOWEST_HALF_LIFE, HALF_LIFE + 0.5 * farthest)


def inertialized(tail: Motion, motion: Motion, half_life: float = HALF_LIFE) -> Motion:
    """Return ``motion`` without its first frame, its difference to ``tail`` (two frames) fading out."""
    decay = 2.0 * np.log(2.0) / half_life
    # Beyond this many frames (1 + decay t) exp(-decay t) is below 2e-4.
    count = min(motion.frames - 1, int(11.5 / decay * FPS) + 1)
    t = (np.arange(1, count + 1, dtype=np.float32) / FPS)[:, None]
    fade = np.exp(-decay * t)
    place = tail.root[-1] - motion.root[0]
    place_speed = ((tail.root[-1] - tail.root[-2]) - (motion.root[1] - motion.root[0])) * FPS
    place_speed = np.clip(place_speed, -1.0, 1.0)
    root = motion.root[1:].copy()
    root[:count] += (place + (place_speed + place * decay) * t) * fade
    turn = rot.to_axis_angle(rot.multiply(tail.rotations[-1], rot.conjugate(motion.rotations[0])))
    tail_speed = rot.to_axis_angle(rot.multiply(tail.rotations[-1], rot.conjugate(tail.rotations[-2])))
    new_speed = rot.to_axis_angle(rot.multiply(motion.rotations[1], rot.conjugate(motion.rotations[0])))
    turn_speed = np.clip((tail_speed - new_speed) * FPS, -6.0, 6.0)
    offset = (turn + (turn_speed + turn * decay) * t[..., None]) * fade[..., None]
    rotations = motion.rotations[1:].copy()
    rotations[:count] = rot.normalize(rot.multiply(rot.from_axis_angle(offset), rotations[:count]))
    features = None if motion.features is None else motion.features[1:]
    return Motion(root.astype(np.float32), rotations.astype(np.float32), motion.contacts[1:], features)


def stance(frame: Motion, skeleton: Skeleton) -> tuple[FloatArray, float]:
    """Return the middle of both ankles (2,) and the mean heading (rad) of both feet in the first frame of ``frame``."""
    positions = body_positions(frame.root[:1], frame.rotations[:1], skeleton)[0]
    ankles = positions[[INDEX["left_ankle"], INDEX["right_ankle"]]]
    toes = positions[[INDEX["left_foot"], INDEX["right_foot"]]]
    forward = np.sum((toes - ankles)[:, :2] / np.linalg.norm((toes - ankles)[:, :2], axis=-1, keepdims=True), 0)
    return ankles.mean(0)[:2], float(heading_towards(forward))


def _planar(vector: FloatArray) -> FloatArray:
    return np.asarray(vector, np.float32)[:2]
