"""Feet of a posed body: the points of each sole, and when they bear on the floor."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..common.arrays import Array, BoolArray
from ..common.masks import hysteresis, runs_of, without_short_runs
from ..common.timing import FPS
from . import rotations as rot
from .skeleton import INDEX, Skeleton

LONGEST_STEP = 2.0  # s that a foot is down in one step
SIDES = ("left", "right")
# A point comes to bear below the first and lifts above the second of each (metres at a stature of 1.70 m; m/s).
TAKE_HEIGHT, LEAVE_HEIGHT = 0.03, 0.045
TAKE_SPEED, LEAVE_SPEED = 0.22, 0.45
# Side and sole point of each column of contacts, in the order of ``FOOT_CONTACTS``: heel and ball, left and right.
FOOT_POINTS = ((0, 0), (0, 1), (1, 0), (1, 1))
LIFTED, OFF_THE_FLOOR = 0.045, 0.06  # metres at 1.70 m: of a point above the lowest of its foot; of a foot
SHORTEST_CONTACT = 4  # frames
LONGEST_DROPOUT = 3  # frames


class Leg(NamedTuple):
    """One leg in the world over T frames and the points of its sole."""

    joints: tuple[int, int, int, int]  # hip, knee, ankle, foot
    hip: Array  # (T, 3)
    knee: Array  # (T, 3)
    ankle: Array  # (T, 3)
    turns: tuple[Array, Array, Array, Array]  # world quaternions (T, 4) of hip, knee, ankle, foot
    heel_offset: Array  # (3,) from the ankle, in its frame
    ball_offset: Array  # (3,) sole point under the toe joint, in the ankle's frame
    toe_joint_offset: Array  # (3,)
    tip_offset: Array  # (3,) from the toe joint, in its frame

    @property
    def points(self) -> Array:
        """Heel and ball of the sole, (T, 2, 3) metres."""
        return np.stack(
            [self.ankle + rot.rotate(self.turns[2], offset) for offset in (self.heel_offset, self.ball_offset)], axis=1
        )

    @property
    def tip(self) -> Array:
        """The sole under the toe tip, (T, 3) metres."""
        return (
            self.ankle + rot.rotate(self.turns[2], self.toe_joint_offset) + rot.rotate(self.turns[3], self.tip_offset)
        )


def leg_of(side: str, root: Array, rotations: Array, skeleton: Skeleton) -> Leg:
    """Return the leg on ``side`` of a body over ``root`` (T, 3) metres and ``rotations`` (T, 52, 4)."""
    joints = (INDEX[f"{side}_hip"], INDEX[f"{side}_knee"], INDEX[f"{side}_ankle"], INDEX[f"{side}_foot"])
    offsets = skeleton.offsets.astype(np.float64)
    positions, turn = [root], rotations[:, 0]
    world = []
    for joint in joints:
        positions.append(positions[-1] + rot.rotate(turn, offsets[joint]))
        turn = rot.multiply(turn, rotations[:, joint])
        world.append(turn)
    heel, ball, tip = sole_offsets(side, skeleton)
    hip, knee, ankle = positions[1:4]
    return Leg(joints, hip, knee, ankle, (world[0], world[1], world[2], world[3]), heel, ball, offsets[joints[3]], tip)


def sole_offsets(side: str, skeleton: Skeleton) -> tuple[Array, Array, Array]:
    """Return heel and ball (3,) from the ankle in its frame, and the toe tip (3,) from the toe joint in its frame."""
    ankle, toe = INDEX[f"{side}_ankle"], INDEX[f"{side}_foot"]
    rest, size = skeleton.rest_positions.astype(np.float64), skeleton.size
    heel = np.array([0.0, 0.045 * size, -rest[ankle, 2]])
    ball = skeleton.offsets[toe].astype(np.float64) + np.array([0.0, 0.0, -rest[toe, 2]])
    return heel, ball, np.array([0.0, -0.065 * size, -rest[toe, 2]])


def sole_points(root_positions: Array, rotations: Array, skeleton: Skeleton) -> Array:
    """Return the sole points in the world (T, 2, 3, 3): left and right; heel, ball under the toe joint, toe tip."""
    feet = [
        leg_of(side, np.asarray(root_positions, np.float64), np.asarray(rotations, np.float64), skeleton)
        for side in SIDES
    ]
    return np.stack([np.concatenate([foot.points, foot.tip[:, None]], axis=1) for foot in feet], axis=1)


def may_bear(root_positions: Array, rotations: Array, skeleton: Skeleton) -> BoolArray:
    """Return where sole points may bear on the floor, (T, 4) in the order of ``FOOT_CONTACTS``, whoever says they do.

    A heel well above the ball or the tip of its own foot has left, and so has a foot that is well off the floor.
    """
    height = sole_points(root_positions, rotations, skeleton)[..., 2] / skeleton.size  # (T, 2, 3)
    lowest = height.min(axis=2, keepdims=True)
    bears = (height[..., :2] - lowest < LIFTED) & (lowest < OFF_THE_FLOOR)
    return np.asarray(bears.reshape(len(height), 4))


def detect_contacts(root_positions: Array, rotations: Array, skeleton: Skeleton, fps: float = FPS) -> BoolArray:
    """Find which sole points bear on the floor, (T, 4) in the order of ``FOOT_CONTACTS``.

    Height and horizontal speed with hysteresis; the floor may lie up to 5 cm from zero, as in raw captures and raw
    network output, and is then taken to be where the feet are lowest within a second.
    """
    points = sole_points(root_positions, rotations, skeleton)[:, :, :2].reshape(len(root_positions), 4, 3)
    size = skeleton.size
    if len(points) < 3:
        return points[..., 2] < TAKE_HEIGHT * size
    floor = np.clip(_lowest_within(points[..., 2].min(axis=1), int(fps)), -0.06, 0.05)
    height = (points[..., 2] - floor[:, None]) / size
    ends = np.pad(points[..., :2], ((1, 1), (0, 0), (0, 0)), mode="edge")
    smooth = 0.5 * ends[1:-1] + 0.25 * (ends[:-2] + ends[2:])
    speed = np.linalg.norm(np.gradient(smooth, axis=0), axis=-1) * fps
    takes = (height < TAKE_HEIGHT) & (speed < TAKE_SPEED)
    leaves = (height > LEAVE_HEIGHT) | (speed > LEAVE_SPEED)
    contacts = np.stack([hysteresis(takes[:, k], leaves[:, k]) for k in range(4)], axis=-1)
    for k in range(4):
        contacts[:, k] = without_short_runs(contacts[:, k], LONGEST_DROPOUT, value=False)
        contacts[:, k] = without_short_runs(contacts[:, k], SHORTEST_CONTACT, value=True)
    return contacts


def _lowest_within(values: Array, frames: int) -> Array:
    """Return the lowest of ``values`` (T,) within ``frames`` before and after each."""
    padded = np.pad(values, frames, mode="edge")
    lowest: Array = sliding_window_view(padded, 2 * frames + 1).min(-1)
    return lowest


class Skate(NamedTuple):
    """``speed``: mean horizontal speed of a foot in contact, m/s; ``slide``: furthest distance of a sole point from
    where its contact began, mean over steps, m.
    """

    speed: float
    slide: float


def foot_skate(root: Array, rotations: Array, skeleton: Skeleton) -> Skate:
    """Return how much feet slide on the floor, by contacts detected in the motion itself.

    A contact of up to ``LONGEST_STEP`` is a step's; a longer stance also holds turns and shifts of weight, which count
    in the speed alone. NaN where there is no contact, or for the slide no step.
    """
    contacts = detect_contacts(root, rotations, skeleton)
    points = sole_points(root, rotations, skeleton)[:, :, :2].reshape(len(contacts), 4, 3)
    step = np.linalg.norm(np.diff(points[..., :2], axis=0), axis=-1)
    both = contacts[1:] & contacts[:-1]
    if not both.any():
        return Skate(float("nan"), float("nan"))
    slides = [
        _furthest(points[first:stop, k])
        for k in range(4)
        for first, stop in runs_of(contacts[:, k])
        if 1 < stop - first <= LONGEST_STEP * FPS
    ]
    return Skate(float(step[both].mean() * FPS), float(np.mean(slides)) if slides else float("nan"))


def _furthest(path: Array) -> float:
    """Return how far a path (N, 3) gets from its first point over the floor."""
    return float(np.linalg.norm(path[:, :2] - path[0, :2], axis=-1).max())
