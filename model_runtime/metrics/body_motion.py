"""The motion of one body with its forward kinematics, contacts and labels, each computed once, for measuring it."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..body_model import rotations as rot
from ..body_model.body_shape import BodyShape
from ..body_model.feet import detect_contacts, sole_points
from ..body_model.skeleton import BODY_JOINTS, INDEX, PARENTS, Skeleton
from ..common.arrays import Array
from ..contract import FPS
from ..planning.motion_labels import label_frames
from .joint_limits import joint_excess
from .penetration import Body, pair_penetration, self_penetration

HANDS = (INDEX["left_wrist"], INDEX["right_wrist"])
_CHEST = INDEX["spine3"]


class BodyMotion:
    """Motion of one body over T frames at ``FPS``: root positions (T, 3), rotations (T, 52, 4), and all that follows
    from them, computed at the first access. ``shape``: its volume, that of its bone lengths when None.
    """

    def __init__(self, root: Array, rotations: Array, skeleton: Skeleton, shape: BodyShape | None = None) -> None:
        self.root = np.asarray(root, np.float32)
        self.rotations = np.asarray(rotations, np.float32)
        self.skeleton = skeleton
        self.shape = shape

    @property
    def frames(self) -> int:
        return len(self.root)

    @property
    def size(self) -> float:
        """Return stature over 1.7 m: lengths, speeds and jerks of bodies compare after division by it."""
        return self.skeleton.size

    @cached_property
    def _kinematics(self) -> tuple[Array, Array]:
        """Return world positions (T, 22, 3) and quaternions (T, 22, 4) of the body's joints without the fingers.

        As ``skeleton.forward_kinematics``, laid out component by component: several times as fast on long motion.
        """
        count = len(BODY_JOINTS)
        turns = np.ascontiguousarray(np.moveaxis(self.rotations[:, :count], 0, -1))  # (22, 4, T)
        positions, world = np.empty((count, 3, self.frames), np.float32), np.empty_like(turns)
        positions[0], world[0] = self.root.T, turns[0]
        for joint in range(1, count):
            parent = PARENTS[joint]
            w, x, y, z = world[parent]
            a, b, c, d = turns[joint]
            world[joint] = (
                w * a - x * b - y * c - z * d,
                w * b + x * a + y * d - z * c,
                w * c - x * d + y * a + z * b,
                w * d + x * c - y * b + z * a,
            )
            p, q, r = self.skeleton.offsets[joint]
            u, v, t = 2 * (y * r - z * q), 2 * (z * p - x * r), 2 * (x * q - y * p)
            here = positions[parent]
            positions[joint] = (
                here[0] + p + w * u + y * t - z * v,
                here[1] + q + w * v + z * u - x * t,
                here[2] + r + w * t + x * v - y * u,
            )
        return np.moveaxis(positions, -1, 0), np.moveaxis(world, -1, 0)

    @property
    def positions(self) -> Array:
        """Return joint positions (T, 22, 3) in metres."""
        return self._kinematics[0]

    @property
    def world(self) -> Array:
        """Return joint rotations (T, 22, 4) in the world, quaternions against the T-pose."""
        return self._kinematics[1]

    @cached_property
    def soles(self) -> Array:
        """Return sole points (T, 2, 3, 3) in metres: left and right; heel, ball, toe tip."""
        return sole_points(self.root, self.rotations, self.skeleton)

    @cached_property
    def contacts(self) -> NDArray[np.bool_]:
        """Return (T, 4) which sole points are on the floor by the motion, in the order of ``FOOT_CONTACTS``."""
        return detect_contacts(self.root, self.rotations, self.skeleton)

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        """Return the action (T,) that the motion is recognised as, an index into ``ACTION_LABELS``."""
        return label_frames(self.root, self.rotations, self.skeleton)

    @cached_property
    def hand_speed(self) -> Array:
        """Return the speed (T, 2) of left and right wrist against the chest, m/s: walking and swaying do not count."""
        if self.frames < 2:
            return np.zeros((self.frames, 2))
        away = self.positions[:, HANDS] - self.positions[:, _CHEST : _CHEST + 1]
        relative = rot.rotate(rot.conjugate(self.world[:, _CHEST])[:, None], away)
        return np.linalg.norm(np.gradient(relative, axis=0), axis=-1) * FPS

    @cached_property
    def excess(self) -> dict[str, Array]:
        """Return the degrees (T,) beyond each of ``joint_limits.RANGES``."""
        return joint_excess(self.rotations)

    @cached_property
    def half_rate(self) -> BodyMotion:
        """Return every second frame, for measures that are costly and change slowly."""
        return BodyMotion(self.root[::2], self.rotations[::2], self.skeleton, self.shape)

    @cached_property
    def self_depth(self) -> Array:
        """Return the self-penetration (T,) in metres."""
        return self_penetration(self.root, self.rotations, self.skeleton, self.shape)

    def depth_in(self, other: BodyMotion) -> Array:
        """Return the penetration (T,) of this body and another in metres."""
        return pair_penetration(*(Body(body.root, body.rotations, body.skeleton, body.shape) for body in (self, other)))
